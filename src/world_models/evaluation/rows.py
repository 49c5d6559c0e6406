"""The file behind a score: one row per episode.

A row's last column is a digest of that row and all rows before it, so no number can change
unnoticed between an evaluation and a table.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.play.episodes import Episode
from world_models.storage.columns import EPISODES
from world_models.tasks.contract import End

CHECK = "check"


def rows_csv(episodes: Sequence[Episode], ends: Callable[[End, float], str]) -> str:
    """Return one row per episode as CSV text; scores keep all their digits.

    Args:
        episodes: in row order.
        ends: the task's words for how an episode ended (`Task.ends`).
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(EPISODES)
    check = ""
    for number, each in enumerate(episodes):
        row = [f"{number}", f"{each.seed}", f"{each.steps}", repr(each.score)]
        row.append(ends(each.end, each.last_reward).replace(" ", "_"))
        check = _check(row, check)
        writer.writerow([*row, check])
    return text.getvalue()


def _check(row: Sequence[str], before: str) -> str:
    return hashlib.sha256(",".join([before, *row]).encode()).hexdigest()[:8]


def verify(path: Path, text: str) -> None:
    """Check the rows against their last column, if the file has that column.

    Raises:
        WorldModelsError: a row was altered.
    """
    header, *rows = csv.reader(text.splitlines())
    if header[-1:] != [CHECK]:
        return
    check = ""
    for line, row in enumerate(rows, start=2):
        check = _check(row[:-1], check)
        if row[-1:] != [check]:
            raise WorldModelsError(
                f"{path}: line {line} has been altered since it was written; delete the file and "
                "run its stage again"
            )
