"""Agents that came after World Models, on the same tasks and by the same evaluation."""
