"""The tables of what studies measure: errors while C plays, horizons, V's error by region."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from world_models.paper.reading import read_columns
from world_models.paper.tables import Cell, Table
from world_models.storage import study_columns
from world_models.studies.reading import read_texts
from world_models.studies.results import RANDOM, Results
from world_models.studies.rows import four, interval, named, number, table_of
from world_models.tasks.contract import Task

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
                    row += four(summary)
                    line.append(interval(summary))
                yield row, line

    columns = ("controller", "look", *(each for name in SEEN for each in named(name)))
    heads = ("controller", "look", "score", "V: error of a frame", "M: NLL, nats", "coverage",
             "astray")  # fmt: skip
    return table_of(
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
            yield cells, [f"{row[0]:.2f}", f"{row[1]:.0f}", *map(number, cells[3:])]

    heads = ("τ", "steps", "still going", "latent", "of the first", "pixels", "of the first",
             "of V alone", "reward", "of the mean", "died too soon", "died in time")  # fmt: skip
    return table_of(
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
        for index, region in enumerate(read_texts(path, "region")):
            row: list[Cell] = [float(found[n][index]) for n in study_columns.REGIONS_NUMBERS]
            yield [region, *row], [region, f"{100 * found['share'][index]:.2f} %",
                                   *(number(cell) for cell in row[1:])]  # fmt: skip

    return table_of(
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
