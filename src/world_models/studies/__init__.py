"""The tables and figures of all studies of a scale beside one another, drawn from results alone."""
