"""The file behind a score: one row an episode."""

import csv
import io
from collections.abc import Sequence

from world_models.episodes import Episode

COLUMNS = ("episode", "seed", "steps", "score", "end")


def rows_csv(episodes: Sequence[Episode]) -> str:
    """Return one row an episode as CSV text; scores keep all their digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, each in enumerate(episodes):
        writer.writerow([number, each.seed, each.steps, repr(each.score), each.end.name.lower()])
    return text.getvalue()
