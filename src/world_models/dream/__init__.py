"""A world model as an environment: episodes that happen in its state only."""
