"""A task's table: one row per method, with its score and what training took."""

from world_models.evaluation.statistics import Summary
from world_models.paper.tables import ERRORS, Cell, Table, text
from world_models.successors_tables.load import Comparison, Method

COLUMNS = (
    "method", "mean", "std", "ci_low", "ci_high", "episodes",
    "steps", "steps_exact", "updates", "hours", "machine", "parameters",
)  # fmt: skip
HEADS = ("method", "score", "steps", "updates", "hours", "machine", "parameters")


def table(comparison: Comparison) -> Table:
    """Return a task's table, the random policy first."""
    rows: list[list[Cell]] = [["random", *_numbers(comparison.random), *[None] * 6]]
    lines = [["random policy", text(comparison.random), *[""] * 5]]
    for each in comparison.methods:
        rows.append([each.name, *_numbers(each.score), *_took(each)])
        lines.append(_line(each))
    return Table(
        f"{comparison.task}_successors",
        comparison.title,
        f"{comparison.title}: {ERRORS}, over fresh episodes of the reference environment; "
        "environment steps, weight updates and wall-clock hours of training. World Models: the "
        "steps of V's and M's rollouts and of the episodes that ranked and validated candidates in "
        "reality (an upper bound where only the time limit is known); the parameters of V, M and "
        "C.",
        COLUMNS, rows, HEADS, lines,
    )  # fmt: skip


def _numbers(score: Summary) -> list[Cell]:
    return [score.mean, score.std, score.ci_low, score.ci_high, score.episodes]


def _took(method: Method) -> list[Cell]:
    cost = method.cost
    took: list[Cell] = [None] * 3 if cost is None else [cost.updates, cost.hours, cost.machine]
    return [method.steps, method.exact, *took, method.parameters]


def _line(method: Method) -> list[str]:
    cost, took = method.cost, [""] * 3
    if cost is not None:
        hours = f"{cost.hours:.1f}" if cost.hours >= 1 else f"{cost.hours:.2g}"
        took = [f"{cost.updates:,}", hours, cost.machine]
    steps = f"{'' if method.exact else '≤ '}{method.steps:,}"
    return [method.label, text(method.score), steps, *took, f"{method.parameters:,}"]
