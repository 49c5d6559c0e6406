"""Imagined futures beside the real ones: one figure of frames, one of rewards."""

import numpy as np
from matplotlib.figure import Figure

from world_models.paper.montage import montage
from world_models.paper.style import BLUE
from world_models.successors_tables.load import Comparison, Method

COLUMNS = 8  # frames in a row
FRAMES = (
    "Frames that each model imagines, below the real ones. Its agent plays the reference "
    "environment; from the first frame shown on, the model is given only the actions. Frames are "
    "evenly spaced over the stated number of steps of the environment; two futures are drawn from "
    "the same moment. MuZero's model draws no frames."
)
REWARDS = (
    "The same futures' rewards, summed from the moment on: the real rewards (black) and what each "
    "model imagines (blue). PlaNet and Dreamer 1 learn the rewards' tanh, as in their papers."
)


def frames(comparison: Comparison) -> Figure | None:
    """Return the figure of frames; None if no model draws any."""
    rows, labels = [], []
    for method in comparison.methods:
        futures = method.futures
        if futures is None or not futures.imagined.frames.shape[1]:
            continue
        ahead = futures.imagined.frames.shape[1]
        shown = np.linspace(0, ahead, min(COLUMNS, ahead + 1)).round().astype(int)
        blank = np.full_like(futures.frames[0], 255)
        fill = [blank] * (COLUMNS - len(shown))
        rows += [[*futures.frames[shown], *fill]]
        for future in futures.imagined.frames:
            rows.append([blank, *future[shown[1:] - 1], *fill])
        rows.append([])
        imagined = ["imagined"] * len(futures.imagined.frames)
        labels += [f"{method.label}, {futures.repeat * ahead} steps", *imagined, ""]
    if not rows:
        return None
    return montage(rows[:-1], labels[:-1], [""] * COLUMNS)


def rewards(comparison: Comparison) -> Figure | None:
    """Return the figure of rewards; None if no method has a model."""
    modelled = [each for each in comparison.methods if each.futures is not None]
    if not modelled:
        return None
    columns = 3
    lines = -(-len(modelled) // columns)
    figure = Figure(figsize=(8, 1.9 * lines), layout="constrained")
    grid = list(figure.subplots(lines, columns, squeeze=False).flat)
    for axes, method in zip(grid, modelled, strict=False):
        _draw(axes, method)
    for axes in grid[len(modelled) :]:
        axes.set_axis_off()
    figure.supxlabel("environment steps", fontsize=8)
    figure.supylabel("rewards so far", fontsize=8)
    return figure


def _draw(axes, method: Method) -> None:  # type: ignore[no-untyped-def]
    futures = method.futures
    assert futures is not None
    steps = futures.repeat * np.arange(len(futures.rewards) + 1)
    for imagined in futures.imagined.rewards:
        axes.plot(steps, np.concatenate([[0], imagined.cumsum()]), color=BLUE, linewidth=0.8)
    axes.plot(steps, np.concatenate([[0], futures.rewards.cumsum()]), color="black")
    axes.set_title(method.label)
