"""PlaNet and Dreamer 1, 2 and 3: one recurrent state-space model, four presets of its settings."""
