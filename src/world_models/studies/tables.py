"""The tables: a row for each study, task and controller."""

from collections.abc import Iterable, Sequence

import numpy as np

from world_models.evaluation.statistics import summarise
from world_models.paper.tables import Cell, Table, text
from world_models.studies.measured import horizon, regions, seen
from world_models.studies.results import Results
from world_models.studies.rows import four, named, number, table_of


def tables_of(results: Sequence[Results]) -> list[Table]:
    """Return all tables of some studies; empty ones are left out."""
    found = [each(results) for each in (scores, models, deaths, seen, horizon, regions)]
    return [table for table in found if table.rows]


def scores(results: Sequence[Results]) -> Table:
    """Return the scores in the dream and in reality, and the real steps that they took."""

    def lines(each: Results) -> Iterable[tuple[list[Cell], list[str]]]:
        for name in each.source.controllers:
            real, dreamt = summarise(each.scores(name)), each.dream_scores(name)
            virtual, steps = None if dreamt is None else summarise(dreamt), each.steps(name)
            at_most = "" if steps.exact else "≤ "
            yield (
                [name, *four(virtual), *four(real), real.episodes,
                 steps.recorded, steps.evolved, steps.exact],
                [name, text(virtual), text(real), f"{steps.recorded:,.0f}",
                 f"{at_most}{steps.evolved:,.0f}"],
            )  # fmt: skip

    columns = (
        "controller", *named("dream"), *named("real"), "episodes",
        "recorded_steps", "evolved_steps", "evolved_steps_exact",
    )  # fmt: skip
    return table_of(
        "scores",
        "Scores in fresh episodes, mean ± standard deviation and, in brackets, the 95 % confidence "
        "interval of the mean; one evolution each, so small differences mean nothing. Real steps: "
        "of the rollouts that V and M learnt from, and of the episodes that ranked and validated "
        "candidates in reality (an upper bound where only the time limit is known).",
        columns, ("controller", "in the dream", "in reality", "steps recorded", "steps evolved in"),
        results, lines,
    )  # fmt: skip


V_MEASURES = ("reconstruction_error", "moving_error", "kl", "active_dimensions")
M_MEASURES = ("nll", "squared_error", "copy_mu_squared_error", "death_recall", "death_precision",
              "death_auc", "reward_r2")  # fmt: skip


def models(results: Sequence[Results]) -> Table:
    """Return what V's and M's own stages measured on held-out rollouts of the behaviour."""

    def lines(each: Results) -> Iterable[tuple[list[Cell], list[str]]]:
        row: list[Cell] = [each.vision.get(name) for name in V_MEASURES]
        row += [each.memory.get(name) for name in M_MEASURES]
        yield row, [number(cell) for cell in row]

    heads = ("V: error of a frame", "of moving pixels", "KL, nats", "dimensions in use",
             "M: NLL, nats", "error of next μ", "of present μ", "deaths: recall", "precision",
             "AUC", "reward R²")  # fmt: skip
    return table_of(
        "models",
        "V and M on held-out rollouts of the same behaviour, the first round's data. Errors are "
        "squared, a frame's summed over its values; M's are means over latent dimensions, and are "
        "comparable only for the same V.",
        (*V_MEASURES, *M_MEASURES), heads, results, lines,
    )  # fmt: skip


def deaths(results: Sequence[Results]) -> Table:
    """Return how well M predicts the deaths of controllers."""

    def lines(each: Results) -> Iterable[tuple[list[Cell], list[str]]]:
        for name in each.source.controllers:
            found = each.deaths(name)
            if found is None:
                continue
            rates = ("death_precision", "death_recall", "death_auc")
            values = [float(found[rate][0]) for rate in rates]
            row: list[Cell] = [None if np.isnan(value) else value for value in values]
            count = int(found["deaths"][0])
            yield [name, count, *row], [name, str(count), *map(number, row)]

    columns = ("controller", "deaths", "death_precision", "death_recall", "death_auc")
    return table_of(
        "deaths",
        "M's predictions of the controllers' deaths in their own games.",
        columns, ("controller", "deaths", "precision", "recall", "AUC"), results, lines,
    )  # fmt: skip
