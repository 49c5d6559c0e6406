"""World models: what can be told what happened, asked what follows, and dreamt in."""
