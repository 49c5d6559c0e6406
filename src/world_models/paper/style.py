"""How all figures look, and how they are saved: the same bytes from the same numbers."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind people can tell apart.
BLUE, ORANGE, GREEN, RED, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9"
GREY, PALE = "#666666", "#BBBBBB"
REAL, DREAM = BLUE, ORANGE  # wherever a figure has both

DPI = 200

SETTINGS: Any = {  # Matplotlib types the keys one by one, in its newest versions only
    "font.family": "DejaVu Sans",  # comes with Matplotlib: the same on every machine
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": "#333333",
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    "figure.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "world_models",  # else the ids in an SVG are random
}


def applied() -> AbstractContextManager[None]:
    """Return a context that applies these settings, whatever the user's matplotlibrc says."""
    defaults: Any = {k: v for k, v in matplotlib.rcParamsDefault.items() if k != "backend"}
    return matplotlib.rc_context({**defaults, **SETTINGS})


def panels(count: int, columns: int, height: float = 2.2) -> tuple[Figure, list[Axes]]:
    """Return a figure with `count` empty panels that share their scales.

    Args:
        count: panels, at least 1.
        columns: at most; fewer when there are fewer panels.
        height: of a panel, inches. The figure is 8 inches wide, whatever its panels.
    """
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(8, height * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    axes = list(grid.flat)
    for unused in axes[count:]:
        unused.set_visible(False)
    for last in axes[max(0, count - columns) : count]:  # the lowest of each column
        last.tick_params(labelbottom=True)
    return figure, axes[:count]


def shared_legend(figure: Figure, axes: Axes) -> None:
    """Put one legend for all panels above them; entries are those of `axes`."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))


def save(figure: Figure, folder: Path, name: str) -> None:
    """Write `name`.png and `name`.svg into `folder`, without dates or versions in them."""
    figure.savefig(folder / f"{name}.png", dpi=DPI, metadata={"Software": None})
    figure.set_layout_engine("none")  # the layout is final, and computing it again is slow
    absent = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(folder / f"{name}.svg", metadata=absent)
