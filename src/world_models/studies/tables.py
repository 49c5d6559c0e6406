"""The tables: a row for each study, task and controller."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from world_models.evaluation.statistics import Summary, summarise
from world_models.paper.reading import read_columns
from world_models.paper.tables import Cell, Table, text
from world_models.storage import study_columns
from world_models.studies.reading import read_texts
from world_models.studies.results import RANDOM, Results
from world_models.tasks.contract import Task

WHOSE = ("group", "study", "task")

Lines = Callable[[Results], Iterable[tuple[list[Cell], list[str]]]]
"""From a study's results for a task to pairs: a row for the CSV, and the same row as text."""


def tables_of(results: Sequence[Results]) -> list[Table]:
    """Return all tables of some studies; empty ones are left out."""
    found = [each(results) for each in (scores, models, deaths, seen, horizon, regions)]
    return [table for table in found if table.rows]


def _table(
    name: str, caption: str, columns: Sequence[str], heads: Sequence[str],
    results: Sequence[Results], lines: Lines,
) -> Table:  # fmt: skip
    rows: list[list[Cell]] = []
    shown: list[list[str]] = []
    for each in results:
        for row, line in lines(each):
            rows.append([each.study.group, each.study.name or "scale", each.task.name, *row])
            shown.append([f"{each.task.title}: {_title(each)}", *line])
    return Table(
        name, name.capitalize(), caption, (*WHOSE, *columns), rows, ("study", *heads), shown
    )


def _title(results: Results) -> str:
    return results.study.title.removeprefix(results.task.title).lstrip(",: ")


def scores(results: Sequence[Results]) -> Table:
    """Return the scores in the dream and in reality, and the real steps that they took."""

    def lines(each: Results) -> Iterable[tuple[list[Cell], list[str]]]:
        for name in each.source.controllers:
            real, dreamt = summarise(each.scores(name)), each.dream_scores(name)
            virtual, steps = None if dreamt is None else summarise(dreamt), each.steps(name)
            at_most = "" if steps.exact else "≤ "
            yield (
                [name, *_four(virtual), *_four(real), real.episodes,
                 steps.recorded, steps.evolved, steps.exact],
                [name, text(virtual), text(real), f"{steps.recorded:,.0f}",
                 f"{at_most}{steps.evolved:,.0f}"],
            )  # fmt: skip

    columns = (
        "controller", *_named("dream"), *_named("real"), "episodes",
        "recorded_steps", "evolved_steps", "evolved_steps_exact",
    )  # fmt: skip
    return _table(
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
        yield row, [_number(cell) for cell in row]

    heads = ("V: error of a frame", "of moving pixels", "KL, nats", "dimensions in use",
             "M: NLL, nats", "error of next μ", "of present μ", "deaths: recall", "precision",
             "AUC", "reward R²")  # fmt: skip
    return _table(
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
            yield [name, count, *row], [name, str(count), *map(_number, row)]

    columns = ("controller", "deaths", "death_precision", "death_recall", "death_auc")
    return _table(
        "deaths",
        "M's predictions of the controllers' deaths in their own games.",
        columns, ("controller", "deaths", "precision", "recall", "AUC"), results, lines,
    )  # fmt: skip


SEEN = ("score", "vision_error", *study_columns.SEEN_BLANK)


def seen(results: Sequence[Results]) -> Table:
    """Return V's and M's errors while controllers play, and where the controllers go."""

    def lines(each: Results) -> Iterable[tuple[list[Cell], list[str]]]:
        if "seen" not in each.study.measures:
            return
        for name in (*each.source.controllers, RANDOM):
            for look, found in each.seen(name):
                row: list[Cell] = [name, look]
                line = [name, look]
                for measure in SEEN:
                    summary = found.get(measure)
                    row += _four(summary)
                    line.append(_interval(summary))
                yield row, line

    columns = ("controller", "look", *(each for name in SEEN for each in _named(name)))
    heads = ("controller", "look", "score", "V: error of a frame", "M: NLL, nats", "coverage",
             "astray")  # fmt: skip
    return _table(
        "seen",
        "V and M observe while controllers and the random policy play: means over episodes and "
        "their 95 % confidence intervals. Coverage: "
        + _by_task(results, lambda task: task.places.title if task.places else None)
        + "; astray: "
        + _by_task(results, lambda task: task.places.astray if task.places else None)
        + ". Looks: as the game is; or changed, with "
        + _by_task(results, lambda task: task.look.title if task.look else None)
        + ".",
        columns, heads, results, lines,
    )  # fmt: skip


def horizon(results: Sequence[Results]) -> Table:
    """Return how dreams' errors grow with the horizon."""

    def lines(each: Results) -> Iterable[tuple[list[Cell], list[str]]]:
        if "horizon" not in each.study.measures:
            return
        found = read_columns(
            each.at("evaluation/horizon.csv"), study_columns.HORIZON,
            blank=study_columns.HORIZON_BLANK,
        )  # fmt: skip
        for row in zip(*(found[name].tolist() for name in study_columns.HORIZON), strict=True):
            cells: list[Cell] = [None if np.isnan(cell) else cell for cell in row]
            yield cells, [f"{row[0]:.2f}", f"{row[1]:.0f}", *map(_number, cells[3:])]

    heads = ("τ", "steps", "still going", "latent", "of the first", "pixels", "of the first",
             "of V alone", "reward", "of the mean", "died too soon", "died in time")  # fmt: skip
    return _table(
        "horizon",
        "Dreams that are fed recorded actions, a given number of steps after the last frame that M "
        "saw, compared with repeating that frame (“of the first”). Squared errors: latent from the "
        "recorded frame's μ, per dimension; pixels summed over a frame's values; reward. The share "
        "of dreams that M ended while the recorded episode went on, and after it had ended in a "
        "death.",
        study_columns.HORIZON, heads, results, lines,
    )  # fmt: skip


def regions(results: Sequence[Results]) -> Table:
    """Return V's error by region of the frame."""

    def lines(each: Results) -> Iterable[tuple[list[Cell], list[str]]]:
        if "regions" not in each.study.measures:
            return
        path = each.at("evaluation/regions.csv")
        found = read_columns(path, study_columns.REGIONS_NUMBERS)
        for number, region in enumerate(read_texts(path, "region")):
            row: list[Cell] = [float(found[n][number]) for n in study_columns.REGIONS_NUMBERS]
            yield [region, *row], [region, f"{100 * found['share'][number]:.2f} %",
                                   *(_number(cell) for cell in row[1:])]  # fmt: skip

    return _table(
        "regions",
        "V's squared error of a pixel, summed over its three colours, by what it shows, and the "
        "mean image's error there. What a pixel shows is known "
        + _by_task(results, lambda task: task.regions.source if task.regions else None)
        + ".",
        study_columns.REGIONS, ("region", "share of pixels", "V", "mean image"), results, lines,
    )  # fmt: skip


def _by_task(results: Sequence[Results], words: Callable[[Task], str | None]) -> str:
    """Return the words for each task that has any, followed by the task's title."""
    tasks = {each.task.title: words(each.task) for each in results}
    return ", ".join(f"{phrase} ({title})" for title, phrase in tasks.items() if phrase) or "none"


def _named(name: str) -> list[str]:
    return [f"{name}_{part}" for part in ("mean", "std", "ci_low", "ci_high")]


def _four(summary: Summary | None) -> list[Cell]:
    if summary is None:
        return [None] * 4
    return [summary.mean, summary.std, summary.ci_low, summary.ci_high]


def _interval(summary: Summary | None) -> str:
    if summary is None:
        return ""
    return f"{summary.mean:.3g} [{summary.ci_low:.3g}, {summary.ci_high:.3g}]"


def _number(cell: Cell) -> str:
    return "" if cell is None else f"{cell:.3g}"
