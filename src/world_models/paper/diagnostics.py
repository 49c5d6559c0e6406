"""The fourth table: does V see, M predict, and C learn, what matters?"""

import numpy as np
from scipy.stats import spearmanr

from world_models.paper.inputs import OPEN_LOOP, Controller, Inputs, TaskResults
from world_models.paper.reading import Columns
from world_models.paper.tables import Cell, Table

COLUMNS = ("task", "component", "measure", "value", "compared_with", "other")
# Component, measure, in words; the measure it is set against, in words.
MEASURES = (
    ("V", "reconstruction_error", "error of a frame", "mean_image_error", "the mean image's"),
    ("V", "moving_error", "error of pixels that just changed", "moving_mean_image_error",
     "the mean image's"),
    ("V", "active_dimensions", "latent dimensions in use", None, ""),
    ("M", "nll", "nats a dimension of the next z", "copy_nll", "around the present z"),
    ("M", "nll", "nats a dimension of the next z", "nll_other_actions", "fed another's actions"),
    ("M", "squared_error", "squared error of the next μ", "copy_mu_squared_error",
     "of the present μ"),
    ("M", "death_precision", "deaths among those foretold", None, ""),
    ("M", "death_recall", "deaths foretold", None, ""),
    ("M", "death_auc", "pairs of a death and a step in order", None, ""),
    ("M", "reward_r2", "variance of rewards foretold", None, ""),
)  # fmt: skip


def _add_transfer(
    task: str, title: str, controller: Controller, rows: list[list[Cell]], lines: list[list[str]]
) -> None:
    """Add what a population's scores where it evolved say of its scores in reality."""
    evolved, real = controller.transfer["evolved"], controller.transfer["real"]
    name, about = f"C {controller.name}", f"{title} C, {controller.label}"
    if np.ptp(evolved) > 0 and np.ptp(real) > 0:  # else there are no ranks
        rank = float(spearmanr(evolved, real).statistic)
        rows.append([task, name, "transfer_rank_correlation", rank, None, None])
        words = f"rank correlation of {len(real)} candidates' scores, evolved and real"
        lines.append([f"{about}: {words}", f"{rank:.2f}", ""])
    means = float(real.mean()), float(evolved.mean())
    rows.append([task, name, "transfer_real", means[0], "transfer_evolved", means[1]])
    shown = f"{_text(means[1])} (where evolved)"
    lines.append([f"{about}: these candidates' mean real score", _text(means[0]), shown])


def _add_foresight(
    results: TaskResults, controller: Controller, rows: list[list[Cell]], lines: list[list[str]]
) -> None:
    """Add how well M foretells the deaths that C dies, beside those of the held-out rollouts."""
    if controller.foresight is None:
        return
    for _, measure, words, _, _ in MEASURES:
        value = float(controller.foresight.get(measure, np.array([np.nan]))[0])
        if np.isnan(value):  # not of deaths, or nothing to divide by
            continue
        rollouts = results.memory_metrics.get(measure)
        rows.append([
            results.name, f"M {controller.name}", measure, value, "rollouts", rollouts,
        ])  # fmt: skip
        about = f"{results.title} M, games of C, {controller.label}: {words}"
        shown = "" if rollouts is None else f"{_text(rollouts)} (in rollouts)"
        lines.append([about, _text(value), shown])


def _add_blind(blind: Columns, rows: list[list[Cell]], lines: list[list[str]]) -> None:
    """Add how long policies without senses survive in each dream, beside the game."""
    (game,) = np.flatnonzero(np.isnan(blind["temperature"]))
    for place, temperature in enumerate(blind["temperature"]):
        if place == game:
            continue
        for name, words in OPEN_LOOP.items():
            dreamt, real = float(blind[name][place]), float(blind[name][game])
            rows.append(["take_cover", f"dream {temperature:.2f}", name, dreamt, "game", real])
            about = f"Take Cover, dream of τ = {temperature:.2f}: steps survived by {words}"
            lines.append([about, _text(dreamt), f"{_text(real)} (in the game)"])


def diagnostics(inputs: Inputs) -> Table:
    """Return what V's and M's stages measured on the held-out rollouts, beside simple guesses."""
    rows: list[list[Cell]] = []
    lines = []
    for task, results in inputs.tasks.items():
        for component, measure, words, other, other_words in MEASURES:
            metrics = results.vision_metrics if component == "V" else results.memory_metrics
            value, beside = metrics.get(measure), metrics.get(other or "")
            if value is None:  # a head that this M does not have, or no death to foretell
                continue
            rows.append([task, component, measure, value, other, beside])
            shown = "" if beside is None else f"{_text(beside)} ({other_words})"
            lines.append([f"{results.title} {component}: {words}", _text(value), shown])
        for each in results.controllers:
            _add_transfer(task, results.title, each, rows, lines)
            _add_foresight(results, each, rows, lines)
    _add_blind(inputs.blind, rows, lines)
    return Table(
        "diagnostics",
        "V and M on held-out rollouts, C on episodes that selected nothing. Errors are squared, "
        "summed over a frame's values in 0..1; a pixel has changed where a channel differs by over "
        "a tenth from the frame before. A "
        "death is foretold where its logit is above 0. C's population are candidates of its whole "
        "evolution; where ranks disagree, it climbs something else than the task. Deaths "
        "that M does not foretell in C's own games are none of its dreams'. In a dream that "
        "spares policies without senses, whom the game kills, there is something to exploit.",
        COLUMNS, rows, ("", "ours", "compared with"), lines,
    )  # fmt: skip


def _text(number: float) -> str:
    """Return three digits, or all before the point."""
    return f"{number:.3g}" if abs(number) < 999.5 else f"{number:,.0f}"
