"""The one loop in which episodes run: an actor, a vector environment, assignments, observers."""
