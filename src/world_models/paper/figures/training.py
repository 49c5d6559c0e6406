"""Training curves of V and M."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from world_models.paper.inputs import Inputs
from world_models.paper.reading import Columns
from world_models.paper.style import BLUE, GREEN, ORANGE

TERMS = {
    "reconstruction": ("squared error of a frame", BLUE),
    "kl": ("KL divergence, nats", ORANGE),
    "nll": ("z: −log likelihood, nats a dimension", BLUE),
    "death": ("death: cross-entropy, nats", ORANGE),
    "reward": ("reward: squared error", GREEN),
}


def draw(inputs: Inputs) -> Figure:
    """Draw the terms of both losses over the training, a row of panels for each task."""
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    grid = figure.subplots(len(inputs.tasks), 2, squeeze=False)
    for row, results in zip(grid, inputs.tasks.values(), strict=True):
        draw_panel(row[0], results.vision_curve, ("reconstruction", "kl"))
        draw_panel(row[1], results.memory_curve, ("nll", "death", "reward"))
        row[0].set_yscale("log")
        row[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        row[0].yaxis.set_major_formatter("{x:g}")
        row[0].yaxis.set_minor_formatter(NullFormatter())
        row[0].set_title(f"{results.title}: V")
        row[1].set_title(f"{results.title}: M")
    for axes in grid[-1]:
        axes.set_xlabel("step of the training")
    return figure


def draw_panel(axes: Axes, curve: Columns, terms: tuple[str, ...]) -> None:
    """Draw those terms of a loss that there are."""
    for term in terms:
        label, colour = TERMS[term]
        if not np.isnan(curve[term]).all():
            axes.plot(curve["step"], curve[term], color=colour, lw=1, label=label)
    axes.legend()
