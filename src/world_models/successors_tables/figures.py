"""Scores against their cost: environment steps and hours."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from world_models.paper.style import BLUE, GREEN, GREY, ORANGE, PALE, RED, SKY
from world_models.successors_tables.load import Comparison, Method


class Look(NamedTuple):
    """How a method is drawn: its line, and the point of its score."""

    colour: str
    dashes: str
    marker: str


COLOURS = (BLUE, ORANGE, GREEN, RED, SKY, GREY)  # as many as there are successors
BESIDE = tuple(Look("black", *each) for each in (("-", "s"), ("--", "D"), (":", "v"), ("-.", "^")))
SMOOTHED = 10  # rounds in a running mean

CAPTION = (
    "Scores of training episodes (running means of ten rounds, or of ten generations) against "
    "steps of the environment and hours of training; points: the trained agents on fresh episodes, "
    "with the 95 % interval of the mean. Both axes are logarithmic. Open points: upper bounds "
    "on steps. Hours are known only for the successors. The line is the random policy's score."
)


def smoothed(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return running means, each over a score and those before it, `SMOOTHED` at most, (n,)."""
    sums = np.concatenate([[0.0], np.cumsum(scores)])
    ends = np.arange(1, len(scores) + 1)
    begins = np.maximum(0, ends - SMOOTHED)
    means: NDArray[np.float64] = (sums[ends] - sums[begins]) / (ends - begins)
    return means


def draw(comparison: Comparison) -> Figure:
    """Return a task's figure."""
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    by_steps, by_hours = figure.subplots(1, 2, sharey=True)
    counts = {True: 0, False: 0}
    for method in comparison.methods:
        successor = method.cost is not None
        number = counts[successor]
        counts[successor] += 1
        look = Look(COLOURS[number], "-", "o") if successor else BESIDE[number % len(BESIDE)]
        for axes, column in ((by_steps, 0), (by_hours, 1)):
            scores = smoothed(method.curve[:, 2])
            axes.plot(
                method.curve[:, column], scores, color=look.colour, linestyle=look.dashes,
                linewidth=1,
            )  # fmt: skip
        _point(by_steps, method.steps, method, look)
        if method.cost is not None:
            _point(by_hours, method.cost.hours, method, look)
    for axes, label in ((by_steps, "environment steps"), (by_hours, "hours")):
        axes.set_xscale("log")
        axes.set_xlabel(label)
        axes.axhline(comparison.random.mean, color=PALE, linewidth=1)
    by_steps.set_ylabel("score")
    handles, labels = by_steps.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 4))
    return figure


def _point(axes: Axes, place: float, method: Method, look: Look) -> None:
    score = method.score
    below, above = max(0.0, score.mean - score.ci_low), max(0.0, score.ci_high - score.mean)
    axes.errorbar(
        [place], [score.mean], [[below], [above]], fmt=look.marker, markersize=4, color=look.colour,
        mfc=look.colour if method.exact else "white", label=method.label,
    )  # fmt: skip
