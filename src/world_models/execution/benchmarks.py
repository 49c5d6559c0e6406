"""Snakemake's benchmark records: how long a job took, and what it needed."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Record:
    """One job's.

    Attributes:
        seconds: from its start to its end.
        cpu_seconds: of all its processes. memory: the most that they held, MiB. NaN where the job
            was too short to be looked at.
    """

    seconds: float
    cpu_seconds: float
    memory: float


def read(path: Path) -> Record | None:
    """Return a record; None where there is none that can be read, as after a kill."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            line = next(csv.DictReader(file, delimiter="\t"))
        return Record(float(line["s"]), *(_number(line[name]) for name in ("cpu_time", "max_rss")))
    except (OSError, ValueError, KeyError, StopIteration):
        return None


def _number(text: str) -> float:
    return float("nan") if text in ("NA", "-", "") else float(text)
