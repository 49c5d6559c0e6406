"""The tables of scores and of parameters, as numbers for the CSV and as text for readers."""

from collections.abc import Mapping
from dataclasses import dataclass

from world_models.evaluation.statistics import Summary, summarise
from world_models.paper.inputs import Inputs, TaskResults
from world_models.paper.published import PARAMETERS, TABLES, Published, PublishedTable
from world_models.paper.sources import temperature_of

Cell = str | int | float | None

REALITY_COLUMNS = (
    "variant", "paper_mean", "paper_std", "mean", "std", "ci_low", "ci_high", "episodes",
)  # fmt: skip
DREAM_COLUMNS = (
    "temperature",
    "paper_virtual_mean", "paper_virtual_std", "paper_actual_mean", "paper_actual_std",
    "virtual_mean", "virtual_std", "actual_mean", "actual_std",
    "actual_ci_low", "actual_ci_high", "episodes",
)  # fmt: skip
PARAMETER_COLUMNS = ("task", "component", "paper", "ours")

RANDOM = "random policy"
ERRORS = (
    "mean ± standard deviation over the episodes and, in brackets, the 95 % confidence interval of "
    "the mean"
)


@dataclass(frozen=True)
class Table:
    """A table, as numbers for the CSV and as text for readers.

    Attributes:
        name: of the files. title, caption: what it shows, in a few words and in full.
        columns, rows: for the CSV; None is an empty field.
        heads, lines: for readers; the first column is aligned left, the others right.
    """

    name: str
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: list[list[Cell]]
    heads: tuple[str, ...]
    lines: list[list[str]]


def score_tables(inputs: Inputs) -> list[Table]:
    """Return each task's table of scores, laid out by where its controllers were evolved."""
    layouts = {"reality": evolved_in_reality, "dream": evolved_in_dreams}
    return [layouts[results.evolved_in](results) for results in inputs.tasks.values()]


def paper_table(results: TaskResults) -> PublishedTable | None:
    """Return the paper's table of a task; None if it has none."""
    return TABLES.get((results.task.kind, results.evolved_in))


def evolved_in_reality(results: TaskResults) -> Table:
    """Return a table like the paper's Table 1: baselines, then one row per variant of C."""
    paper = paper_table(results)
    ours = {"random": summarise(results.random)}
    ours |= {each.name: summarise(each.scores) for each in results.controllers}
    labels = dict(paper.labels) if paper else {}
    labels |= {"random": RANDOM} | {each.name: each.label for each in results.controllers}
    printed: Mapping[str, Published] = {**paper.quoted, **paper.actual} if paper else {}
    rows: list[list[Cell]] = []
    lines = []
    for name, label in labels.items():
        theirs, summary = printed.get(name), ours.get(name)
        rows.append([name, *_two(theirs), *_two(summary), *_interval(summary)])
        lines.append([label, text(theirs), text(summary), _count(summary)])
    return _unless_published(paper, Table(
        results.task.name,
        _subject(results),
        f"{_subject(results)}: {results.task.score} in fresh episodes, {ERRORS}.",
        REALITY_COLUMNS, rows, ("controller", "paper", "ours", "episodes"), lines,
    ))  # fmt: skip


def evolved_in_dreams(results: TaskResults) -> Table:
    """Return a table like the paper's Table 2: one row per temperature, then baselines."""
    paper = paper_table(results)
    virtual, actual = {}, {}
    labels = {temperature_of(each.name): each.label for each in results.controllers}
    for each in results.controllers:
        if each.dream_scores is not None:
            virtual[temperature_of(each.name)] = summarise(each.dream_scores)
        actual[temperature_of(each.name)] = summarise(each.scores)
    actual["random"] = summarise(results.random)
    labels |= {"random": RANDOM} | (dict(paper.labels) if paper else {})
    printed: Mapping[str, Published] = {**paper.actual, **paper.quoted} if paper else {}
    rows: list[list[Cell]] = []
    lines = []
    for name, label in labels.items():
        theirs = (paper.virtual.get(name) if paper else None), printed.get(name)
        dreamt, real = virtual.get(name), actual.get(name)
        rows.append([
            name, *_two(theirs[0]), *_two(theirs[1]), *_two(dreamt), *_two(real), *_interval(real),
        ])  # fmt: skip
        cells = [text(theirs[0]), text(dreamt), text(theirs[1]), text(real)]
        lines.append([label, *cells, _count(real)])
    return _unless_published(paper, Table(
        results.task.name,
        _subject(results),
        f"{_subject(results)}: {results.task.score} in the dream (virtual) and in the real "
        f"environment (actual), by controllers evolved in dreams at temperature τ, {ERRORS}.",
        DREAM_COLUMNS, rows,
        ("evolved at", "virtual, paper", "virtual, ours", "actual, paper", "actual, ours",
         "episodes"), lines,
    ))  # fmt: skip


def _subject(results: TaskResults) -> str:
    paper = paper_table(results)
    return results.task.title + (f" (the paper's {paper.name})" if paper else "")


def _unless_published(paper: PublishedTable | None, table: Table) -> Table:
    """Return the table, without the paper's columns if the paper has no such table."""
    if paper is not None:
        return table
    kept = [n for n, name in enumerate(table.columns) if not name.startswith("paper")]
    shown = [n for n, head in enumerate(table.heads) if not head.endswith("paper")]
    heads = (table.heads[n].removesuffix("ours").removesuffix(", ") or "score" for n in shown)
    return Table(
        table.name,
        table.title,
        table.caption,
        tuple(table.columns[n] for n in kept),
        [[row[n] for n in kept] for row in table.rows],
        tuple(heads),
        [[line[n] for n in shown] for line in table.lines],
    )


def parameters(inputs: Inputs) -> Table:
    """Return the parameter counts; C is the controller with all features, then its variants."""
    rows: list[list[Cell]] = []
    lines = []
    for name, results in inputs.tasks.items():
        full, variants = None, {}
        for each in results.controllers:
            if each.name == "z_h" or results.evolved_in == "dream":
                full = each.parameters
            else:
                variants[f"C {each.name}"] = each.parameters
        counts = {"V": results.vision_parameters, "M": results.memory_parameters, "C": full}
        for part, count in (counts | variants).items():
            pair = PARAMETERS.get((results.task.kind, part)), count
            rows.append([name, part, *pair])
            shown = ["" if number is None else f"{number:,}" for number in pair]
            lines.append([f"{results.task.title} {part}", *shown])
    columns: tuple[str, ...] = PARAMETER_COLUMNS
    heads: tuple[str, ...] = ("component", "paper", "ours")
    if all(row[2] is None for row in rows):
        columns, heads = ("task", "component", "ours"), ("component", "parameters")
        rows = [[*row[:2], row[3]] for row in rows]
        lines = [[line[0], line[2]] for line in lines]
    return Table(
        "parameters",
        "Parameters",
        "Trained parameters. M's count leaves out the head that predicts rewards: the paper's M "
        "has none, and no gradient flows from it into the rest of M.",
        columns, rows, heads, lines,
    )  # fmt: skip


def text(score: Published | Summary | None) -> str:
    """Return a score as "906 ± 21 [901, 910]"; the paper's has no interval; None gives ""."""
    if score is None:
        return ""
    shown = f"{_whole(score.mean)} ± {_whole(score.std)}"
    if isinstance(score, Summary):
        shown += f" [{_whole(score.ci_low)}, {_whole(score.ci_high)}]"
    return shown


def _whole(number: float) -> str:
    return str(round(number)).replace("-", "−")  # a minus sign: lines don't break after it


def _two(score: Published | Summary | None) -> list[Cell]:
    return [None, None] if score is None else [score.mean, score.std]


def _interval(summary: Summary | None) -> list[Cell]:
    if summary is None:
        return [None, None, None]
    return [summary.ci_low, summary.ci_high, summary.episodes]


def _count(summary: Summary | None) -> str:
    return "" if summary is None else str(summary.episodes)
