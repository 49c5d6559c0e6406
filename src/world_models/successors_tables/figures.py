"""Scores against what they took: steps of the environment, and hours."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from world_models.paper.style import BLUE, GREEN, GREY, ORANGE, PALE, RED, SKY
from world_models.successors_tables.load import Comparison, Method
from world_models.successors_tables.table import NAMES

COLOURS = (BLUE, ORANGE, GREEN, RED, SKY, GREY)
SMOOTHED = 10  # rounds in a running mean

CAPTION = (
    "left: the score of training episodes (a running mean of ten rounds) against steps of the "
    "environment; points: the trained agent on fresh episodes, with the 95 % interval of its mean. "
    "Right: the same points against hours of training. Both axes are logarithmic. The line is "
    "the random policy's score."
)


def smoothed(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each score's mean with those before it, `SMOOTHED` at most, (n,)."""
    sums = np.concatenate([[0.0], np.cumsum(scores)])
    ends = np.arange(1, len(scores) + 1)
    begins = np.maximum(0, ends - SMOOTHED)
    means: NDArray[np.float64] = (sums[ends] - sums[begins]) / (ends - begins)
    return means


def draw(comparison: Comparison) -> Figure:
    """Return a task's figure."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    by_steps, by_hours = figure.subplots(1, 2, sharey=True)
    for number, method in enumerate(comparison.methods):
        colour = COLOURS[number % len(COLOURS)]
        if len(method.curve):
            by_steps.plot(method.curve[:, 0], smoothed(method.curve[:, 1]), color=colour)
        _point(by_steps, method.steps, method, colour)
        _point(by_hours, method.hours, method, colour)
    for axes, label in ((by_steps, "environment steps"), (by_hours, "hours")):
        axes.set_xscale("log")
        axes.set_xlabel(label)
        axes.axhline(comparison.random.mean, color=PALE, linewidth=1)
    by_steps.set_ylabel("score")
    by_steps.set_title(comparison.title)
    handles, labels = by_hours.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _point(axes: Axes, place: float, method: Method, colour: str) -> None:
    score = method.score
    below, above = max(0.0, score.mean - score.ci_low), max(0.0, score.ci_high - score.mean)
    axes.errorbar(
        [place], [score.mean], [[below], [above]], fmt="o", markersize=4, color=colour,
        label=NAMES.get(method.name, method.name),
    )  # fmt: skip
