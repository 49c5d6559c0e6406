"""Virtual and actual score over the dream's temperature: ours, and the paper's."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from world_models.evaluation.statistics import summarise
from world_models.paper import published
from world_models.paper.inputs import Inputs, TaskResults, temperature_of
from world_models.paper.style import DREAM, GREY, REAL, panels, shared_legend

Point = tuple[float, float, float]  # temperature, mean, standard deviation
SHIFT = 0.008  # of temperature, so that error bars don't cover each other


def draw(inputs: Inputs) -> Figure:
    """Draw both scores over τ, ours to the left, the paper's to the right, on one scale."""
    results = inputs.tasks["take_cover"]
    figure, (left, right) = panels(2, 2, height=3)
    draw_panel(left, *ours(results), float(results.random.mean()))
    paper_random = published.TAKE_COVER["random"][1]
    assert paper_random is not None
    draw_panel(right, *papers(), paper_random.mean)
    left.set_title("ours")
    right.set_title("the paper (Table 2)")
    left.set_ylim(bottom=0)
    left.set_ylabel("steps survived")
    figure.supxlabel("temperature τ of the dream in which the controller evolved", fontsize=9)
    shared_legend(figure, left)
    return figure


def ours(results: TaskResults) -> tuple[list[Point], list[Point]]:
    """Return our virtual and actual points."""
    virtual: list[Point] = []
    actual: list[Point] = []
    for each in results.controllers:
        temperature = float(temperature_of(each.name))
        for points, scores in ((virtual, each.dream_scores), (actual, each.scores)):
            if scores is not None:
                summary = summarise(scores)
                points.append((temperature, summary.mean, summary.std))
    return virtual, actual


def papers() -> tuple[list[Point], list[Point]]:
    """Return the paper's virtual and actual points."""
    virtual, actual = [], []
    for temperature, both in published.TAKE_COVER.items():
        if both[0] is not None and both[1] is not None:
            virtual.append((float(temperature), both[0].mean, both[0].std))
            actual.append((float(temperature), both[1].mean, both[1].std))
    return virtual, actual


def draw_panel(axes: Axes, virtual: list[Point], actual: list[Point], random: float) -> None:
    """Draw two curves with error bars, and the random policy as a line."""
    series = (
        (virtual, -SHIFT, DREAM, "s", "in the dream (virtual)"),
        (actual, SHIFT, REAL, "o", "in the game (actual)"),
    )
    for points, shift, colour, marker, label in series:
        x, mean, std = np.array(points).T
        axes.errorbar(
            x + shift, mean, std,
            color=colour, marker=marker, ms=5, capsize=2, elinewidth=1, label=label,
        )  # fmt: skip
    axes.axhline(random, color=GREY, ls="--", lw=1, label="random policy in the game")
