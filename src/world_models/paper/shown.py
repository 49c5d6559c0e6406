"""Make everything that the page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from world_models.execution.heartbeat import Watchdog
from world_models.execution.progress import Progress
from world_models.inspection.player import Moving
from world_models.paper import style
from world_models.paper.diagnostics import diagnostics
from world_models.paper.figures import PaperFigure, figures_of
from world_models.paper.films import PageFilm, films_of
from world_models.paper.inputs import Inputs
from world_models.paper.matrix import Matrix, matrix
from world_models.paper.tables import Table, parameters, score_tables


@dataclass(frozen=True)
class Shown:
    """Everything that the page shows, each kind in the page's order.

    Attributes:
        films: each with its pictures.
        scores: one table of scores per task. parameters, diagnostics: the other tables.
        matrices: the diagnostics laid out for readers, one per task.
        figures: their files lie in `folder`.
    """

    films: Sequence[tuple[PageFilm, Moving]]
    scores: Sequence[Table]
    parameters: Table
    diagnostics: Table
    matrices: Sequence[Matrix]
    figures: Sequence[PaperFigure]
    folder: Path


def draw(inputs: Inputs, folder: Path) -> Shown:
    """Make all tables and films, and the figures as files in `folder`."""
    table = diagnostics(inputs)
    figures = figures_of(inputs)
    with Progress("figures", len(figures), "figure") as progress:
        for figure in figures:
            style.save(figure.draw(), folder, figure.name)
            progress.advance(note=figure.name)
    return Shown(
        films=_film(films_of(inputs)),
        scores=score_tables(inputs),
        parameters=parameters(inputs),
        diagnostics=table,
        matrices=[matrix(results, table.rows) for results in inputs.tasks.values()],
        figures=figures,
        folder=folder,
    )


def _film(films: Sequence[PageFilm]) -> list[tuple[PageFilm, Moving]]:
    """Make the films; a game that hangs ends the process."""
    pairs = []
    with Progress("films", len(films), "film") as progress, Watchdog("films"):
        for each in films:
            pairs.append((each, each.draw()))
            progress.advance(note=each.name)
    return pairs
