"""Tables and figures that compare all studies of a scale, made from results alone."""
