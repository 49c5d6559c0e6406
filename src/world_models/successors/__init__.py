"""Agents published after World Models, trained and evaluated on the same tasks."""
