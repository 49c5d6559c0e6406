"""Virtual and actual score against the temperature of the dream, beside the paper's.

The virtual score is the one in the dream, the actual score the one in the real environment.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from world_models.evaluation.statistics import summarise
from world_models.paper.inputs import TaskResults
from world_models.paper.published import PublishedTable
from world_models.paper.sources import temperature_of
from world_models.paper.style import DREAM, GREY, REAL, panels, shared_legend
from world_models.paper.tables import paper_table

Point = tuple[float, float, float]  # temperature, mean, standard deviation
SHIFT = 0.008  # of temperature, so that error bars don't cover each other


def applies(results: TaskResults) -> bool:
    """Return whether the controllers evolved in dreams."""
    return results.evolved_in == "dream"


def draw(results: TaskResults) -> Figure:
    """Draw both scores against τ: ours and, beside them on the same scale, the paper's."""
    paper = paper_table(results)
    virtual, actual = ours(results)
    random = float(results.random.mean())
    figure, axes = panels(1 if paper is None else 2, 2, height=3)
    draw_panel(axes[0], virtual, actual, random)
    if paper is not None:
        draw_panel(axes[1], *papers(paper), paper.actual["random"].mean)
        axes[0].set_title("ours")
        axes[1].set_title(f"the paper ({paper.name})")
    if min(random, *(mean for _, mean, _ in virtual + actual)) >= 0:
        axes[0].set_ylim(bottom=0)
    axes[0].set_ylabel(results.task.score)
    figure.supxlabel("temperature τ of the dream in which the controller evolved", fontsize=9)
    shared_legend(figure, axes[0])
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


def papers(table: PublishedTable) -> tuple[list[Point], list[Point]]:
    """Return the paper's virtual and actual points."""
    virtual = [(float(each), score.mean, score.std) for each, score in table.virtual.items()]
    actual = [(float(t), table.actual[t].mean, table.actual[t].std) for t in table.virtual]
    return virtual, actual


def draw_panel(axes: Axes, virtual: list[Point], actual: list[Point], random: float) -> None:
    """Draw two curves with error bars, and the random policy as a line."""
    series = (
        (virtual, -SHIFT, DREAM, "s", "in the dream (virtual)"),
        (actual, SHIFT, REAL, "o", "in reality (actual)"),
    )
    for points, shift, colour, marker, label in series:
        x, mean, std = np.array(points).T
        axes.errorbar(
            x + shift, mean, std,
            color=colour, marker=marker, ms=5, capsize=2, elinewidth=1, label=label,
        )  # fmt: skip
    axes.axhline(random, color=GREY, ls="--", lw=1, label="random policy in reality")
