"""How work is run: processes, pools, clusters, heartbeats, progress.

Nothing here changes a result, so nothing here imports numpy, torch or any of our science
(`tests/test_execution.py`).
"""
