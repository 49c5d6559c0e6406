"""The loop that plays all episodes: an actor, a vector environment, assignments, observers."""
