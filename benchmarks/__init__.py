"""Benchmarks: `python -m benchmarks NAME` measures a baseline and ours in the same run.

Each ends within a minute on two cores and prints a last line of JSON: name, value, baseline, ratio.
They only measure; they are not tests.
"""
