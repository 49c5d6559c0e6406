"""Recorded experience: behaviour policies play, a Zarr store keeps what happened."""
