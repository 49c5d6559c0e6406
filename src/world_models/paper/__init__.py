"""The paper's tables and figures, drawn from results and nothing else."""

import os

# Read when Matplotlib is first imported, which would refuse a notebook's setting.
os.environ["MPLBACKEND"] = "agg"
