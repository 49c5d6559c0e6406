"""The paper's tables and figures, drawn from results and nothing else."""
