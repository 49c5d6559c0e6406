"""Evolution curves, one panel per controller."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from world_models.paper.inputs import Controller, TaskResults
from world_models.paper.style import BLUE, GREEN, GREY, RED, panels, shared_legend


def draw(results: TaskResults) -> Figure:
    """Draw each generation's best, mean and worst candidate, and the search mean's validations."""
    figure, axes = panels(len(results.controllers), 3)
    for panel, controller in zip(axes, results.controllers, strict=True):
        draw_panel(panel, controller)
    place = " in the dream" if results.evolved_in == "dream" else ""
    figure.supxlabel("generation", fontsize=9)
    figure.supylabel(f"{results.task.score}{place}", fontsize=9)
    shared_legend(figure, axes[0])
    return figure


def draw_panel(axes: Axes, controller: Controller) -> None:
    """Draw one controller's curves."""
    fitness = controller.fitness
    generation = fitness["generation"]
    dot = "." if len(generation) < 10 else ""  # a line through a few generations is hard to see
    axes.fill_between(generation, fitness["worst"], fitness["best"], color=GREY, alpha=0.12, lw=0)
    for name, colour in (("best", GREEN), ("mean", BLUE), ("worst", GREY)):
        axes.plot(generation, fitness[name], color=colour, lw=1.2, marker=dot, label=name)
    there = ~np.isnan(fitness["validation"])
    axes.plot(
        generation[there], fitness["validation"][there],
        color=RED, marker="o", ms=4, mfc="white", lw=1.2, label="validation of the mean",
    )  # fmt: skip
    axes.set_title(controller.label)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
