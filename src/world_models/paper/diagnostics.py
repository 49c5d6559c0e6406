"""The table of diagnostics: does V see, M predict and C learn what matters?"""

from collections.abc import Iterator

import numpy as np
from scipy.stats import spearmanr

from world_models.paper.inputs import Controller, Inputs, TaskResults
from world_models.paper.tables import Cell, Table

COLUMNS = ("task", "component", "measure", "value", "compared_with", "other")
# Component, measure, description; the measure it is compared with, and its description.
MEASURES = (
    ("V", "reconstruction_error", "squared error of a frame", "mean_image_error", "mean image"),
    ("V", "moving_error", "squared error of the pixels that changed", "moving_mean_image_error",
     "mean image"),
    ("V", "active_dimensions", "latent dimensions in use", None, ""),
    ("M", "nll", "negative log-likelihood of the next z, nats per dimension", "copy_nll",
     "normal around the present z"),
    ("M", "nll", "negative log-likelihood of the next z, nats per dimension", "nll_other_actions",
     "given another episode's actions"),
    ("M", "squared_error", "squared error of the next μ", "copy_mu_squared_error", "present μ"),
    ("M", "death_precision", "precision of predicted deaths", None, ""),
    ("M", "death_recall", "recall of deaths", None, ""),
    ("M", "death_auc", "AUC of the death logit", None, ""),
    ("M", "reward_r2", "share of the rewards' variance explained (R²)", None, ""),
)  # fmt: skip

Entry = tuple[list[Cell], list[str]]
"""A row for the CSV, and the same row as text."""


def diagnostics(inputs: Inputs) -> Table:
    """Return the measurements of V, M and C, beside simple baselines."""
    entries = [entry for results in inputs.tasks.values() for entry in _of_task(results)]
    return Table(
        "diagnostics",
        "Diagnostics",
        "V and M on held-out rollouts, C on episodes that neither trained nor selected it. Frame "
        "errors are summed over the frame's values, which lie in 0..1; a pixel has changed if one "
        "of its channels differs by more than 0.1 from the frame before. M predicts a death where "
        "its logit is above 0. The candidates are taken from the whole evolution: a low rank "
        "correlation means that fitness does not measure the real task. C never met a death in "
        "its dreams that M fails to predict in C's games. Where open-loop policies score higher in "
        "the dream than in the real environment, C can exploit the dream.",
        COLUMNS,
        [row for row, _ in entries],
        ("", "ours", "compared with"),
        [line for _, line in entries],
    )


def _of_task(results: TaskResults) -> Iterator[Entry]:
    yield from _models(results)
    for controller in results.controllers:
        yield from _transfer(results, controller)
        yield from _death_prediction(results, controller)
    yield from _open_loop(results)


def _models(results: TaskResults) -> Iterator[Entry]:
    """Yield what V's and M's stages measured on the held-out rollouts, beside simple baselines."""
    for component, measure, words, other, other_words in MEASURES:
        metrics = results.vision_metrics if component == "V" else results.memory_metrics
        value, beside = metrics.get(measure), metrics.get(other or "")
        if value is None:  # this M has no such head, or there was no death to predict
            continue
        row: list[Cell] = [results.task.name, component, measure, value, other, beside]
        line = [f"{results.task.title} {component}: {words}", short(value)]
        yield row, [*line, "" if beside is None else f"{short(beside)} ({other_words})"]


def _transfer(results: TaskResults, controller: Controller) -> Iterator[Entry]:
    """Yield how well candidates' scores where they evolved predict their scores in reality."""
    evolved, real = controller.transfer["evolved"], controller.transfer["real"]
    task, name = results.task.name, f"C {controller.name}"
    about = f"{results.task.title} C, {controller.label}"
    if np.ptp(evolved) > 0 and np.ptp(real) > 0:  # else there are no ranks
        rank = float(spearmanr(evolved, real).statistic)
        words = f"rank correlation of {len(real)} candidates' scores, where evolved and in reality"
        row: list[Cell] = [task, name, "transfer_rank_correlation", rank, None, None]
        yield row, [f"{about}: {words}", f"{rank:.2f}", ""]
    means = float(real.mean()), float(evolved.mean())
    shown = f"{short(means[1])} (where evolved)"
    yield (
        [task, name, "transfer_real", means[0], "transfer_evolved", means[1]],
        [f"{about}: mean score of {len(real)} candidates in reality", short(means[0]), shown],
    )


def _death_prediction(results: TaskResults, controller: Controller) -> Iterator[Entry]:
    """Yield how well M predicts the deaths in C's games, beside those in held-out rollouts."""
    if controller.death_prediction is None:
        return
    for _, measure, words, _, _ in MEASURES:
        value = float(controller.death_prediction.get(measure, np.array([np.nan]))[0])
        if np.isnan(value):  # not a measure of deaths, or nothing to divide by
            continue
        rollouts = results.memory_metrics.get(measure)
        about = f"{results.task.title} M, games of C, {controller.label}: {words}"
        yield (
            [results.task.name, f"M {controller.name}", measure, value, "rollouts", rollouts],
            [about, short(value), "" if rollouts is None else f"{short(rollouts)} (in rollouts)"],
        )


def _open_loop(results: TaskResults) -> Iterator[Entry]:
    """Yield the scores of open-loop policies in each dream, beside the real environment."""
    if results.open_loop is None:
        return
    task, found = results.task, results.open_loop
    (game,) = np.flatnonzero(np.isnan(found["temperature"]))
    for place, temperature in enumerate(found["temperature"]):
        if place == game:
            continue
        for name, words in task.open_loop_labels.items():
            dreamt, real = float(found[name][place]), float(found[name][game])
            about = f"{task.title}, dream at τ = {temperature:.2f}: {task.score}, {words}"
            yield (
                [task.name, f"dream {temperature:.2f}", name, dreamt, "game", real],
                [about, short(dreamt), f"{short(real)} (in reality)"],
            )


def short(value: float) -> str:
    """Return a number with three significant digits; from 1,000 on, as a whole number."""
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"
