"""How work is run: processes, pools, clusters, heartbeats, progress.

Nothing here changes a number. So nothing here imports numpy, torch or any of our science
(`tests/test_execution.py`).
"""
