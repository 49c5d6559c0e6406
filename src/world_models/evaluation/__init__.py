"""Scores: fresh episodes in the reference environments, and their statistics."""
