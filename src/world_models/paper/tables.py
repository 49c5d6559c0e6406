"""The three tables: rows of numbers as CSV, and as people read them."""

from dataclasses import dataclass

from world_models.evaluation.statistics import Summary, summarise
from world_models.paper import published
from world_models.paper.inputs import Inputs, TaskResults, temperature_of
from world_models.paper.published import Published

Cell = str | int | float | None

CAR_RACING_COLUMNS = (
    "variant", "paper_mean", "paper_std", "mean", "std", "ci_low", "ci_high", "episodes",
)  # fmt: skip
TAKE_COVER_COLUMNS = (
    "temperature",
    "paper_virtual_mean", "paper_virtual_std", "paper_actual_mean", "paper_actual_std",
    "virtual_mean", "virtual_std", "actual_mean", "actual_std",
    "actual_ci_low", "actual_ci_high", "episodes",
)  # fmt: skip
PARAMETER_COLUMNS = ("task", "component", "paper", "ours")

CAR_RACING_LABELS = {
    "dqn": "DQN (quoted)",
    "a3c_continuous": "A3C, continuous (quoted)",
    "a3c_discrete": "A3C, discrete (quoted)",
    "ceobillionaire": "ceobillionaire, Gym leaderboard (quoted)",
    "random": "random policy",
}


@dataclass(frozen=True)
class Table:
    """A table in both forms.

    Attributes:
        name: of the files. caption: one sentence.
        columns, rows: for the CSV; None is an empty field.
        heads, lines: for people; the first column is text, the others are set to the right.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: list[list[Cell]]
    heads: tuple[str, ...]
    lines: list[list[str]]


def car_racing(results: TaskResults) -> Table:
    """Return Table 1. Quoted rows have no columns of ours, the random policy none of the paper."""
    labels = CAR_RACING_LABELS | {each.name: each.label for each in results.controllers}
    ours = {"random": summarise(results.random)}
    ours |= {each.name: summarise(each.scores) for each in results.controllers}
    rows, lines = [], []
    for variant in (*published.CAR_RACING_QUOTED, *ours):
        paper, summary = published.CAR_RACING.get(variant), ours.get(variant)
        rows.append([variant, *_two(paper), *_two(summary), *_interval(summary)])
        lines.append([labels[variant], text(paper), text(summary), _count(summary)])
    return Table(
        "car_racing",
        "CarRacing (the paper's Table 1): score of fresh tracks, mean ± standard deviation of the "
        "episodes and, in brackets, the 95 % confidence interval of the mean.",
        CAR_RACING_COLUMNS, rows, ("controller", "paper", "ours", "episodes"), lines,
    )  # fmt: skip


def take_cover(results: TaskResults) -> Table:
    """Return Table 2: a row for each temperature in numeric order, then the baselines."""
    actual = {temperature_of(each.name): summarise(each.scores) for each in results.controllers}
    virtual = {
        temperature_of(each.name): summarise(each.dream_scores)
        for each in results.controllers
        if each.dream_scores is not None
    }
    actual["random"] = summarise(results.random)
    labels = {"random": "random policy", "gym_leader": "Gym leaderboard (quoted)"}
    rows, lines = [], []
    for temperature in (*actual, "gym_leader"):
        paper = published.TAKE_COVER.get(temperature, (None, None))
        dreamt, real = virtual.get(temperature), actual.get(temperature)
        quoted = [*_two(paper[0]), *_two(paper[1])]
        rows.append([temperature, *quoted, *_two(dreamt), *_two(real), *_interval(real)])
        label = labels.get(temperature, f"τ = {temperature}")
        cells = [text(paper[0]), text(dreamt), text(paper[1]), text(real)]
        lines.append([label, *cells, _count(real)])
    return Table(
        "take_cover",
        "Take Cover (the paper's Table 2): steps survived in the dream (virtual) and in the game "
        "(actual) by controllers evolved in dreams of temperature τ, mean ± standard deviation of "
        "the episodes and, in brackets, the 95 % confidence interval of the mean.",
        TAKE_COVER_COLUMNS, rows,
        ("evolved at", "virtual, paper", "virtual, ours", "actual, paper", "actual, ours",
         "episodes"), lines,
    )  # fmt: skip


def parameters(inputs: Inputs) -> Table:
    """Return the parameter counts; C is the controller with all features, variants follow it."""
    rows: list[list[Cell]] = []
    for task, results in inputs.tasks.items():
        full, variants = None, {}
        for each in results.controllers:
            if each.name == "z_h" or each.dream_scores is not None:
                full = each.parameters
            else:
                variants[f"C {each.name}"] = each.parameters
        counts = {"V": results.vision_parameters, "M": results.memory_parameters, "C": full}
        rows += [
            [task, component, published.PARAMETERS.get((task, component)), count]
            for component, count in (counts | variants).items()
        ]
    titles = {task: results.title for task, results in inputs.tasks.items()}
    lines = [
        [f"{titles[str(task)]} {part}", *("" if n is None else f"{n:,}" for n in counts)]
        for task, part, *counts in rows
    ]
    return Table(
        "parameters",
        "Trained parameters. M's count leaves out the reward's head, which the paper's M does not "
        "have and which the rest of M does not know.",
        PARAMETER_COLUMNS, rows, ("component", "paper", "ours"), lines,
    )  # fmt: skip


def all_tables(inputs: Inputs) -> list[Table]:
    """Return the tables in the paper's order."""
    return [
        car_racing(inputs.tasks["car_racing"]),
        take_cover(inputs.tasks["take_cover"]),
        parameters(inputs),
    ]


def text(score: Published | Summary | None) -> str:
    """Return a score as "906 ± 21 [901, 910]"; the paper's has no interval; "" without a score."""
    if score is None:
        return ""
    shown = f"{_whole(score.mean)} ± {_whole(score.std)}"
    if isinstance(score, Summary):
        shown += f" [{_whole(score.ci_low)}, {_whole(score.ci_high)}]"
    return shown


def _whole(number: float) -> str:
    return str(round(number)).replace("-", "−")  # a minus, which no line break follows


def _two(score: Published | Summary | None) -> list[Cell]:
    return [None, None] if score is None else [score.mean, score.std]


def _interval(summary: Summary | None) -> list[Cell]:
    if summary is None:
        return [None, None, None]
    return [summary.ci_low, summary.ci_high, summary.episodes]


def _count(summary: Summary | None) -> str:
    return "" if summary is None else str(summary.episodes)
