"""How a dream's errors grow with the steps since the last frame that M saw."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from world_models.paper.reading import Columns, read_columns
from world_models.paper.style import BLUE, GREEN, GREY, ORANGE, RED, SKY, shared_legend
from world_models.storage.study_columns import HORIZON, HORIZON_BLANK
from world_models.studies.results import Results

CAPTION = (
    "M sees a held-out episode up to a moment; from then on it is fed its own samples at "
    "temperature τ and the recorded actions. Errors against the steps since then, compared with "
    "copying the moment's own frame (dashed): squared error of the latent from the recorded "
    "frame's μ, per dimension; of the decoded frame, summed over its values, with V's own "
    "reconstruction of the recorded frame dotted; of the reward, with the mean reward's dashed. "
    "Last, the share of dreams that M ended while the recorded episode went on."
)
COLOURS = (BLUE, SKY, GREEN, ORANGE, RED)
PANELS = (
    ("latent", ("latent_copy",), "latent"),
    ("pixel", ("pixel_copy", "pixel_vision"), "pixels"),
    ("reward", ("reward_mean",), "reward"),
    ("died_too_soon", (), "died too soon"),
)


def draw(results: Results) -> Figure:
    """Draw one panel per error and one line per temperature."""
    path = results.at("evaluation/horizon.csv")
    found = read_columns(path, HORIZON, blank=HORIZON_BLANK)
    there = [each for each in PANELS if not np.isnan(found[each[0]]).all()]
    figure = Figure(figsize=(8, 2.8), layout="constrained")
    axes = list(figure.subplots(1, len(there), squeeze=False).flat)
    for panel, (measure, beside, title) in zip(axes, there, strict=True):
        _draw_panel(panel, found, measure, beside)
        panel.set_title(title)
        panel.set_xscale("log")
        panel.set_ylim(bottom=0)
    figure.supxlabel("steps since the last frame seen", fontsize=9)
    shared_legend(figure, axes[0])
    return figure


def _draw_panel(axes: Axes, found: Columns, measure: str, beside: tuple[str, ...]) -> None:
    temperatures = np.unique(found["temperature"])
    for number, temperature in enumerate(temperatures):
        rows = found["temperature"] == temperature
        axes.plot(
            found["horizon"][rows], found[measure][rows], marker=".", ms=4,
            color=COLOURS[number % len(COLOURS)], label=f"τ = {temperature:.2f}",
        )  # fmt: skip
    rows = found["temperature"] == temperatures[0]  # the same at every temperature
    for name, line in zip(beside, ("--", ":"), strict=False):
        axes.plot(found["horizon"][rows], found[name][rows], ls=line, color=GREY, lw=1)
