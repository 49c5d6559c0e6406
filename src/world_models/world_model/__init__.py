"""World models: they observe what happens, predict what follows, and can be dreamt in."""
