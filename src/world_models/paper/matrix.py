"""The diagnostics of one task as a matrix: one row per measure, one column per controller."""

from collections.abc import Sequence
from dataclasses import dataclass

from world_models.paper.diagnostics import MEASURES, short
from world_models.paper.inputs import TaskResults
from world_models.paper.sources import temperature_of
from world_models.paper.tables import Cell as Value

Row = Sequence[Value]
"""A row of the table of diagnostics without the task: component, measure, value, the measure that
it is compared with, and that measure's value."""
VALUE, OTHER = 2, 4  # indices of a row's two numbers

# For each controller's candidates: description, a row's measure, which of the row's numbers.
TRANSFER = (
    ("rank correlation, where evolved and in reality", "transfer_rank_correlation", VALUE),
    ("mean score where evolved", "transfer_real", OTHER),
    ("mean score in reality", "transfer_real", VALUE),
)
EXPLOITED = 1.5  # a dream is marked if an open-loop policy's score is this many times its real one
LEGEND = (
    "A dream's score is marked where it is at least one and a half times the one in the real "
    "environment."
)


@dataclass(frozen=True)
class Cell:
    """A number as text; marked if it is a warning."""

    text: str = ""
    marked: bool = False


@dataclass(frozen=True)
class Line:
    """A measure.

    Attributes:
        words: what is measured.
        first: the number for the models, or for the real environment.
        cells: one per controller; empty if `note` says what to compare `first` with.
    """

    words: str
    first: Cell
    cells: Sequence[Cell] = ()
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Lines of one kind. first, others: what the numbers in these columns are measured on."""

    title: str
    first: str
    others: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Matrix:
    """Diagnostics of a task. columns: the controllers' labels."""

    results: TaskResults
    columns: Sequence[str]
    groups: Sequence[Group]


def matrix(results: TaskResults, rows: Sequence[Sequence[Value]]) -> Matrix:
    """Return a task's rows of the table of diagnostics, laid out as a matrix."""
    own = [row[1:] for row in rows if row[0] == results.task.name]
    groups = (_vision(own), _memory(results, own), _transfer(results, own), _dreams(results, own))
    labels = [each.label for each in results.controllers]
    return Matrix(results, labels, [each for each in groups if each.lines])


def _vision(rows: Sequence[Row]) -> Group:
    return Group("V", "held out", "compared with", _models("V", rows, {}))


def _memory(results: TaskResults, rows: Sequence[Row]) -> Group:
    """Return M's measures on held-out rollouts; those of deaths also in each controller's games."""
    games = {
        measure: [
            _cell(_find(rows, f"M {each.name}", str(measure)), VALUE)
            for each in results.controllers
        ]
        for component, measure, *_ in rows
        if str(component).startswith("M ")
    }
    others = "in C's games" if games else "compared with"
    return Group("M", "held out", others, _models("M", rows, games))


def _models(component: str, rows: Sequence[Row], games: dict[Value, list[Cell]]) -> list[Line]:
    """Return the lines of V or M: each measure once, whatever it is compared with."""
    words = {measure: label for part, measure, label, _, _ in MEASURES if part == component}
    lines = []
    for measure, label in words.items():
        found = [row for row in rows if tuple(row[:2]) == (component, measure)]
        notes = [
            f"{_words(component, measure, str(other))} {short(float(beside))}"
            for *_, other, beside in found
            if isinstance(beside, int | float)
        ]
        if found or measure in games:
            first = _cell(found[0] if found else None, VALUE)
            lines.append(Line(label, first, games.get(measure, ()), "; ".join(notes)))
    return lines


def _words(component: str, measure: str, other: str) -> str:
    """Return what a measure is compared with, in words."""
    return next(label for *known, label in MEASURES if (*known[:2], known[3]) == (
        component, measure, other))  # fmt: skip


def _transfer(results: TaskResults, rows: Sequence[Row]) -> Group:
    """Return the scores of each evolution's candidates."""
    lines = []
    for label, measure, place in TRANSFER:
        found = [_find(rows, f"C {each.name}", measure) for each in results.controllers]
        if any(found):
            lines.append(Line(label, Cell(), [_cell(row, place) for row in found]))
    return Group("C", "", "candidates of its evolution", lines)


def _dreams(results: TaskResults, rows: Sequence[Row]) -> Group:
    """Return the scores of open-loop policies, in reality and in each controller's dream."""
    lines = []
    for policy, label in results.task.open_loop_labels.items():
        found = [
            _find(rows, f"dream {temperature_of(each.name)}", policy)
            for each in results.controllers
        ]
        real = next((_cell(row, OTHER) for row in found if row), None)
        if real is not None:
            lines.append(Line(label, real, [_dreamt(row) for row in found]))
    return Group(f"Open loop: {results.task.score}", "reality", "in the dream", lines)


def _dreamt(row: Row | None) -> Cell:
    if row is None:
        return Cell()
    dreamt, real = float(str(row[VALUE])), float(str(row[OTHER]))
    return Cell(short(dreamt), real > 0 and dreamt >= EXPLOITED * real)


def _find(rows: Sequence[Row], component: str, measure: str) -> Row | None:
    return next((row for row in rows if tuple(row[:2]) == (component, measure)), None)


def _cell(row: Row | None, place: int) -> Cell:
    """Return one of a row's numbers; an empty cell without a row."""
    value = None if row is None else row[place]
    return Cell(short(float(value)) if isinstance(value, int | float) else "")
