"""Histograms of the evaluation's scores, one panel per controller."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from world_models.paper.inputs import Scores, TaskResults
from world_models.paper.style import DREAM, GREY, REAL, panels, shared_legend

BINS = 20


def draw(results: TaskResults) -> Figure:
    """Draw the distribution of the scores, one panel per policy, the random one first."""
    rows: list[tuple[str, Scores, Scores | None]] = [("random policy", results.random, None)]
    rows += [(each.label, each.scores, each.dream_scores) for each in results.controllers]
    edges = bins([part for row in rows for part in row[1:] if part is not None])
    figure, axes = panels(len(rows), 3 if len(rows) > 4 else 2, height=1.7)
    for panel, (label, scores, dreamt) in zip(axes, rows, strict=True):
        real = GREY if label == rows[0][0] else REAL
        panel.hist(scores, edges, color=real, alpha=0.75, label="real environment")
        panel.axvline(scores.mean(), color=real, ls="--", lw=1, label="its mean")
        if dreamt is not None:
            panel.hist(dreamt, edges, color=DREAM, histtype="step", lw=1.6, label="dream")
            panel.axvline(dreamt.mean(), color=DREAM, ls="--", lw=1, label="its mean")
        panel.set_title(label)
    figure.supxlabel(results.task.score, fontsize=9)
    figure.supylabel("episodes", fontsize=9)
    shared_legend(figure, axes[-1])
    return figure


def bins(scores: Sequence[Scores]) -> list[float]:
    """Return the edges of `BINS` bins over all scores; equal scores get bins around them."""
    low, high = min(float(s.min()) for s in scores), max(float(s.max()) for s in scores)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return [float(edge) for edge in np.linspace(low, high, BINS + 1)]
