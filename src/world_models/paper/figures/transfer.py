"""Scores where controllers evolved, against their scores in the real environment."""

from matplotlib.figure import Figure

from world_models.paper.inputs import TaskResults
from world_models.paper.style import GREY, REAL, panels


def draw(results: TaskResults) -> Figure:
    """Draw one panel per controller, one point per candidate; later generations are darker."""
    figure, axes = panels(len(results.controllers), 3)
    for panel, each in zip(axes, results.controllers, strict=True):
        found = each.transfer
        age = found["generation"] / found["generation"].max()
        shades = 1 - 0.8 * (1 - age)
        panel.scatter(found["evolved"], found["real"], s=14, color=REAL, alpha=shades, lw=0)
        low = min(found["evolved"].min(), found["real"].min())
        panel.axline((low, low), slope=1, color=GREY, ls="--", lw=1)
        panel.set_title(each.label)
    figure.supxlabel(f"{results.task.score} where evolved", fontsize=9)
    figure.supylabel(f"{results.task.score} in reality", fontsize=9)
    return figure
