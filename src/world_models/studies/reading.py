"""Read text columns."""

import csv
from pathlib import Path


def read_texts(path: Path, column: str) -> list[str]:
    """Return a text column of a CSV file that `paper.reading.read_columns` has checked."""
    with path.open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]
