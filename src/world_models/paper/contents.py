"""List the tables, figures and films in the page's order, with the paper's sections on them."""

import json
from dataclasses import asdict, dataclass, replace

from world_models.paper.figures import PaperFigure
from world_models.paper.films import PageFilm
from world_models.paper.inputs import TaskResults
from world_models.paper.published import AGENT, TOPICS, place
from world_models.paper.shown import Shown
from world_models.paper.tables import Table


@dataclass(frozen=True)
class Entry:
    """A table, figure or film.

    Attributes:
        kind: "table", "figure" or "film". name: of its files, without their suffix.
        title, caption: what it shows, in plain words.
        section, part: the paper's section and subsection; or the task's title and the topic in
            words, if the paper does not have the task.
    """

    kind: str
    name: str
    title: str
    caption: str
    section: str
    part: str


def entries(shown: Shown) -> list[Entry]:
    """Return all entries, in the page's order."""
    films = (
        _entry("film", film, film.results, film.registered.topic, film.caption)
        for film, _ in shown.films
    )
    tasks = [each.results for each in shown.matrices]
    scores = (
        _entry("table", table, results, "scores", table.caption)
        for table, results in zip(shown.scores, tasks, strict=True)
    )
    matrices = (
        replace(
            _entry("table", shown.diagnostics, results, "models", shown.diagnostics.caption),
            name=f"{shown.diagnostics.name}_{results.task.name}",
        )
        for results in tasks
    )
    parameters = _entry("table", shown.parameters, None, "models", shown.parameters.caption)
    figures = (
        _entry("figure", each, each.results, each.registered.topic, each.registered.caption)
        for each in shown.figures
    )
    return [*films, *scores, *matrices, parameters, *figures]


def _entry(
    kind: str,
    each: PageFilm | PaperFigure | Table,
    results: TaskResults | None,
    topic: str,
    caption: str,
) -> Entry:
    """Return an entry; `results` is None if it is about all tasks."""
    if results is None:
        return Entry(kind, each.name, each.title, caption, AGENT, TOPICS[topic])
    task = results.task
    where = place(task.kind, results.evolved_in, task.title, topic)
    return Entry(kind, each.name, each.title, caption, *where)


def as_json(shown: Shown) -> str:
    """Return the entries as JSON, by name."""
    named = {each.name: asdict(each) for each in entries(shown)}
    return json.dumps(named, indent=1) + "\n"
