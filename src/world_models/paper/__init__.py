"""The paper's tables and figures, made from results and nothing else."""

import os

# Matplotlib reads both on its first import. It may refuse a notebook's backend, and a user's own
# settings must not change our figures.
os.environ["MPLBACKEND"] = "agg"
os.environ["MATPLOTLIBRC"] = os.devnull
