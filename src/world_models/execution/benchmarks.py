"""Snakemake's benchmark records: how long a job took, and what it needed."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Record:
    """One job's record.

    Attributes:
        seconds: wall-clock time from start to end.
        cpu_seconds: CPU time of all its processes. memory: their peak memory, MiB. Both are NaN if
            the job was too short to be sampled.
    """

    seconds: float
    cpu_seconds: float
    memory: float


def read(path: Path) -> Record | None:
    """Return a record; None if it is missing or unreadable, as after a kill."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            line = next(csv.DictReader(file, delimiter="\t"))
        return Record(float(line["s"]), *(_number(line[name]) for name in ("cpu_time", "max_rss")))
    except (OSError, ValueError, KeyError, StopIteration):
        return None


def _number(text: str) -> float:
    return float("nan") if text in ("NA", "-", "") else float(text)
