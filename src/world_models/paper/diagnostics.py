"""The fourth table: does V see, and M predict, what matters? On episodes that trained nothing."""

from world_models.paper.inputs import Inputs
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
            shown = "" if beside is None else f"{beside:.3g} ({other_words})"
            lines.append([f"{results.title} {component}: {words}", f"{value:.3g}", shown])
    return Table(
        "diagnostics",
        "V and M on held-out rollouts. Errors are squared, summed over a frame's values in 0..1; "
        "a pixel has changed where a channel differs by over a tenth from the frame before. A "
        "death is foretold where its logit is above 0. Without these no dream is worth evolving "
        "in.",
        COLUMNS, rows, ("", "ours", "compared with"), lines,
    )  # fmt: skip
