"""Evolution curves, one panel a controller."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from world_models.paper.inputs import Controller, Inputs
from world_models.paper.style import BLUE, GREEN, GREY, RED, panels, shared_legend


def draw(inputs: Inputs, task: str) -> Figure:
    """Draw best, mean and worst candidate of each generation, and the search's mean validated."""
    results = inputs.tasks[task]
    figure, axes = panels(len(results.controllers), 3)
    for panel, controller in zip(axes, results.controllers, strict=True):
        draw_panel(panel, controller)
    dreamt = results.controllers[0].dream_scores is not None
    figure.supxlabel("generation", fontsize=9)
    figure.supylabel("steps survived in the dream" if dreamt else "score", fontsize=9)
    shared_legend(figure, axes[0])
    return figure


def draw_panel(axes: Axes, controller: Controller) -> None:
    """Draw one controller's curves."""
    fitness = controller.fitness
    generation = fitness["generation"]
    dot = "." if len(generation) < 10 else ""  # a short curve would hardly be seen
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
