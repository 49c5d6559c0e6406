"""Files that are whole or absent: atomic writes, checkpoints, snapshots, curves."""
