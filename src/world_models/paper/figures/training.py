"""Training curves of V and M."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from world_models.paper.inputs import TaskResults
from world_models.paper.reading import Columns
from world_models.paper.style import BLUE, GREEN, ORANGE

TERMS = {
    "reconstruction": ("squared error of a frame", BLUE),
    "kl": ("KL divergence, nats", ORANGE),
    "nll": ("z: −log likelihood, nats per dimension", BLUE),
    "death": ("death: cross-entropy, nats", ORANGE),
    "reward": ("reward: squared error", GREEN),
}


def draw(results: TaskResults) -> Figure:
    """Draw the terms of both losses over training: V's on the left, M's on the right."""
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    vision, memory = figure.subplots(1, 2)
    draw_panel(vision, results.vision_curve, ("reconstruction", "kl"))
    draw_panel(memory, results.memory_curve, ("nll", "death", "reward"))
    vision.set_yscale("log")
    vision.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    vision.yaxis.set_major_formatter("{x:g}")
    vision.yaxis.set_minor_formatter(NullFormatter())
    vision.set_title("V")
    memory.set_title("M")
    for axes in (vision, memory):
        axes.set_xlabel("training step")
    return figure


def draw_panel(axes: Axes, curve: Columns, terms: tuple[str, ...]) -> None:
    """Draw the terms of a loss; a term that the model lacks is all NaN and left out."""
    for term in terms:
        label, colour = TERMS[term]
        if not np.isnan(curve[term]).all():
            axes.plot(curve["step"], curve[term], color=colour, lw=1, label=label)
    axes.legend()
