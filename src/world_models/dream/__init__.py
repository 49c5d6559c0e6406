"""A world model as an environment: its episodes exist only in the model's state."""
