"""MuZero: a model that is learnt for planning alone (Schrittwieser et al., 2020)."""
