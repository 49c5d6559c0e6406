"""MuZero: a model learnt only for planning (Schrittwieser et al., 2020)."""
