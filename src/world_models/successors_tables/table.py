"""The table: method by task, with what each score took."""

from world_models.evaluation.statistics import Summary
from world_models.paper.tables import ERRORS, Cell, Table, text
from world_models.successors_tables.load import Comparison, Method

NAMES = {
    "planet": "PlaNet",
    "dreamer_1": "Dreamer 1",
    "dreamer_2": "Dreamer 2",
    "dreamer_3": "Dreamer 3",
    "muzero": "MuZero",
    "ppo": "PPO",
}
COLUMNS = (
    "method", "mean", "std", "ci_low", "ci_high", "episodes",
    "steps", "updates", "hours", "machine", "parameters",
)  # fmt: skip
HEADS = ("method", "score", "steps", "updates", "hours", "machine", "parameters")


def table(comparison: Comparison) -> Table:
    """Return a task's table, the random policy first."""
    rows: list[list[Cell]] = [["random", *_numbers(comparison.random), *[None] * 5]]
    lines = [["random policy", text(comparison.random), *[""] * 5]]
    for each in comparison.methods:
        rows.append([each.name, *_numbers(each.score), *_took(each)])
        lines.append(_line(each))
    return Table(
        f"{comparison.task}_successors",
        comparison.title,
        f"{comparison.title}: {ERRORS}, over fresh episodes of the reference environment; steps of "
        "the environment and updates of the weights that training took; its hours by the clock.",
        COLUMNS, rows, HEADS, lines,
    )  # fmt: skip


def _numbers(score: Summary) -> list[Cell]:
    return [score.mean, score.std, score.ci_low, score.ci_high, score.episodes]


def _took(method: Method) -> list[Cell]:
    return [method.steps, method.updates, method.hours, method.machine, method.parameters]


def _line(method: Method) -> list[str]:
    hours = f"{method.hours:.1f}" if method.hours >= 1 else f"{method.hours:.2g}"
    return [
        NAMES.get(method.name, method.name), text(method.score), f"{method.steps:,}",
        f"{method.updates:,}", hours, method.machine, f"{method.parameters:,}",
    ]  # fmt: skip
