"""The single page that shows everything, with all of it embedded."""

from html import escape
from itertools import groupby

from world_models.inspection.player import player
from world_models.paper.inputs import Inputs
from world_models.paper.markup import (
    as_figure,
    as_film,
    as_html,
    as_matrix,
    captioned,
    document,
)
from world_models.paper.matrix import LEGEND, Matrix
from world_models.paper.shown import Shown
from world_models.paper.tables import Table, paper_table

ENLARGED = 4  # a film shown on a page of its own
SMOKE = (
    "This is a smoke run: it shows that the pipeline works, from the environments to this page. "
    "Its scores mean nothing: training took minutes and the episodes are short."
)


def page(inputs: Inputs, shown: Shown, target: str) -> str:
    """Return the page as HTML: films and scores first, then the diagnostics; the rest is folded.

    Args:
        inputs: the results that everything was made from.
        shown: what to show.
        target: what Snakemake is asked for, in the command that the page names.
    """
    title, scale = _title(inputs), f"Scale: <strong>{escape(inputs.scale)}</strong>."
    if inputs.study:
        scale += f" Study: <strong>{escape(inputs.study)}</strong>."
    note = f'<p class="note">{SMOKE}</p>\n' if inputs.scale == "smoke" else ""
    command = escape(f"snakemake --cores 16 {target}")
    scores = "\n".join(as_table(table) for table in shown.scores)
    matrices = "\n".join(as_diagnostics(each) for each in shown.matrices)
    body = f"""<header>
<h1>{escape(title)}</h1>
<p>{escape(_introduction(inputs))} {scale}</p>
{note}</header>
<nav aria-label="On this page"><ul>
<li><a href="#films">Films</a></li><li><a href="#scores">Scores</a></li>
<li><a href="#diagnostics">Diagnostics</a></li><li><a href="#more">Parameters and figures</a></li>
</ul></nav>
<main>
<section id="films"><h2>Films</h2>
{_films(shown)}
</section>
<section id="scores"><h2>Scores</h2>
<div class="scores">
{scores}
</div></section>
<section id="diagnostics"><h2>Diagnostics</h2>
<p>Does V see, M predict and C learn what matters?</p>
{matrices}
<details><summary>How to read this</summary>
<p class="soft">{escape(shown.diagnostics.caption)} {escape(LEGEND)}</p></details>
</section>
<section id="more"><h2>Parameters and figures</h2>
{_folded(shown.parameters.title, as_table(shown.parameters, title=False))}
{_figures(shown)}
</section>
</main>
<footer class="soft">Made by <code>{command}</code>, seed {inputs.seed}.</footer>"""
    return document(f"{title} ({inputs.study or inputs.scale})", body)


def as_table(table: Table, title: bool = True) -> str:
    """Return a table with its title and caption."""
    return captioned(as_html(table), table.name, table.title if title else "", table.caption)


def as_diagnostics(matrix: Matrix) -> str:
    """Return the diagnostics of a task."""
    task = matrix.results.task
    return captioned(as_matrix(matrix), f"diagnostics_{task.name}", task.title, "")


def single_pages(shown: Shown) -> dict[str, str]:
    """Return each table and each film as a page of its own, by name."""
    tables = {each.name: (each.title, as_table(each)) for each in (*shown.scores, shown.parameters)}
    for each in shown.matrices:
        name = f"{shown.diagnostics.name}_{each.results.task.name}"
        tables[name] = (shown.diagnostics.title, as_diagnostics(each))
    pages = {
        name: document(title, f"<main>{body}</main>") for name, (title, body) in tables.items()
    }
    return pages | {each.name: player(each.title, webp, ENLARGED) for each, webp in shown.films}


def _films(shown: Shown) -> str:
    """Return the films, task by task."""
    rows = []
    for task, films in groupby(shown.films, key=lambda pair: pair[0].results.task):
        figures = "\n".join(as_film(film, webp) for film, webp in films)
        rows.append(f'<h3>{escape(task.title)}</h3>\n<div class="films">\n{figures}\n</div>')
    return "\n".join(rows)


def _figures(shown: Shown) -> str:
    """Return the figures, folded: one fold per kind, with all tasks in it."""
    folds = []
    for registered, figures in groupby(shown.figures, key=lambda figure: figure.registered):
        pictures = "\n".join(as_figure(figure, shown.folder) for figure in figures)
        caption = f'<p class="soft">{escape(registered.caption)}</p>'
        folds.append(_folded(registered.title, f'{caption}\n<div class="figures">{pictures}</div>'))
    return "\n".join(folds)


def _folded(title: str, content: str) -> str:
    return f"<details><summary>{escape(title)}</summary>\n{content}\n</details>"


def _of_the_paper(inputs: Inputs) -> list[str]:
    """Return the titles of the tasks that the paper has scores for."""
    return [each.task.title for each in inputs.tasks.values() if paper_table(each)]


def _title(inputs: Inputs) -> str:
    if _of_the_paper(inputs):
        return "World Models, reproduced"
    return f"World Models: {', '.join(each.task.title for each in inputs.tasks.values())}"


def _introduction(inputs: Inputs) -> str:
    """Return a sentence or two on what the page shows."""
    known = _of_the_paper(inputs)
    own = [each.task.title for each in inputs.tasks.values() if each.task.title not in known]
    if not known:
        return (
            "The method of Ha & Schmidhuber (2018), “World Models”, applied to "
            f"{' and '.join(own)}, for which the paper has no scores."
        )
    found = (
        "Tables and figures of Ha & Schmidhuber (2018), “World Models”: our measurements beside "
        "the paper's own numbers."
    )
    return f"{found} The paper has no scores for {' or '.join(own)}." if own else found
