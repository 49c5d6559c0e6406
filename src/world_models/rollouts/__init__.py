"""Recorded experience: Zarr stores of what happened in episodes."""
