"""Training curves of V and M, as CSV."""

import csv
import io
from collections.abc import Sequence
from typing import Any

POINTS = 500  # approximate number of rows of a curve, however long the training


def is_point(step: int, total: int) -> bool:
    """Say whether `step`, counted from 0, of a training of `total` steps is in its curve."""
    return step % max(1, total // POINTS) == 0 or step == total - 1


def curve_csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a curve as CSV text; numbers keep all their digits, None leaves a blank."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
