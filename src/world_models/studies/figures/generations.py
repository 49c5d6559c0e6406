"""Scores in the dream and in the game in the course of an evolution in the dream."""

from matplotlib.figure import Figure

from world_models.paper.style import DREAM, REAL, panels, shared_legend
from world_models.studies.results import Results

CAPTION = (
    "The first candidate of some generations, so nothing is selected: its mean score in the dream "
    "in which it evolved, and in the real environment. Where the first rises and the second "
    "doesn't, C exploits the dream."
)


def draw(results: Results) -> Figure:
    """Draw one panel per controller."""
    figure, axes = panels(len(results.source.controllers), 3)
    for panel, name in zip(axes, results.source.controllers, strict=True):
        found = results.transfer(name)
        for column, colour, label in (
            ("evolved", DREAM, "in the dream"),
            ("real", REAL, "in reality"),
        ):
            panel.plot(
                found["generation"], found[column], marker="o", ms=3, color=colour, label=label
            )
        panel.set_title(name)
    figure.supxlabel("generation", fontsize=9)
    figure.supylabel(results.task.score, fontsize=9)
    shared_legend(figure, axes[0])
    return figure
