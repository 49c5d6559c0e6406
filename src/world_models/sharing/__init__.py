"""Results shared through a DVC remote; `tools/share.py` has the commands."""
