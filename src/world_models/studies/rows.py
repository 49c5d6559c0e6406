"""A table's rows: what every table of studies begins with, and how its numbers are written."""

from collections.abc import Callable, Iterable, Sequence

from world_models.evaluation.statistics import Summary
from world_models.paper.tables import Cell, Table
from world_models.studies.results import Results

WHOSE = ("group", "study", "task")

Lines = Callable[[Results], Iterable[tuple[list[Cell], list[str]]]]
"""From a study's results for a task to pairs: a row for the CSV, and the same row as text."""


def table_of(
    name: str, caption: str, columns: Sequence[str], heads: Sequence[str],
    results: Sequence[Results], lines: Lines,
) -> Table:  # fmt: skip
    """Return a table of the rows that `lines` gives for each study and task.

    Args:
        name: of the files. columns: of the CSV, after group, study and task.
        heads: of the text, after the study.
    """
    rows: list[list[Cell]] = []
    shown: list[list[str]] = []
    for each in results:
        for row, line in lines(each):
            rows.append([each.study.group, each.study.name or "scale", each.task.name, *row])
            shown.append([f"{each.task.title}: {_title(each)}", *line])
    return Table(
        name, name.capitalize(), caption, (*WHOSE, *columns), rows, ("study", *heads), shown
    )


def _title(results: Results) -> str:
    return results.study.title.removeprefix(results.task.title).lstrip(",: ")


def named(name: str) -> list[str]:
    """Return the columns of a summary."""
    return [f"{name}_{part}" for part in ("mean", "std", "ci_low", "ci_high")]


def four(summary: Summary | None) -> list[Cell]:
    """Return a summary's cells, as `named` names them."""
    if summary is None:
        return [None] * 4
    return [summary.mean, summary.std, summary.ci_low, summary.ci_high]


def interval(summary: Summary | None) -> str:
    """Return a mean and its confidence interval as text."""
    if summary is None:
        return ""
    return f"{summary.mean:.3g} [{summary.ci_low:.3g}, {summary.ci_high:.3g}]"


def number(cell: Cell) -> str:
    """Return a number as text, of three digits."""
    return "" if cell is None else f"{cell:.3g}"
