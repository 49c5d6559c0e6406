"""The paper's tables and figures, drawn from results and nothing else."""

import os

# Matplotlib reads both when it is first imported. A notebook's backend is one that it may refuse,
# and a user's own settings must not change our figures.
os.environ["MPLBACKEND"] = "agg"
os.environ["MATPLOTLIBRC"] = os.devnull
