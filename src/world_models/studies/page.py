"""The single page of all studies, with everything embedded."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from world_models.paper.markup import as_html, as_picture, captioned, document
from world_models.paper.page import SMOKE
from world_models.studies.figures import Drawn
from world_models.studies.results import Results
from world_models.studies.tables import tables_of


def page(
    results: Sequence[Results], drawn: Sequence[Drawn], folder: Path, output: Path, scale: str
) -> str:
    """Return the page as HTML: group by group the questions, the tables and the figures.

    Args:
        results: those of all studies, the scale's own first.
        drawn: the figures. folder: where their files are.
        output: the folder being written. scale: the scale's name.
    """
    note = f'<p class="note">{SMOKE}</p>\n' if scale == "smoke" else ""
    groups = dict.fromkeys(each.study.group for each in results if each.study.group)
    parts = "\n".join(_group(group, results) for group in groups)
    figures = "\n".join(_figure(each, folder) for each in drawn)
    command = escape(f"snakemake --cores 16 {output.as_posix()}")
    body = f"""<header>
<h1>World Models: studies</h1>
<p>What the paper proposes, and what it is believed to have done, compared with the scale's own
results. Scale: <strong>{escape(scale)}</strong>. Made by <code>{command}</code></p>
{note}</header>
<main>
{parts}
<h2>Figures</h2>
{figures}
</main>"""
    return document(f"World Models: studies ({scale})", body)


def _group(group: str, results: Sequence[Results]) -> str:
    """Return a group's questions and tables, with the scale's own rows for its tasks."""
    own = [each for each in results if each.study.group == group]
    tasks = {each.task.name for each in own}
    beside = [each for each in results if not each.study.name and each.task.name in tasks]
    titles = dict.fromkeys(f"<li>{escape(each.study.title)}</li>" for each in own)
    shown = "\n".join(
        # Each group has every table, so the group's name makes the id unique.
        captioned(as_html(table), f"{table.name}_{_word(group)}", table.title, table.caption)
        for table in tables_of([*beside, *own])
    )
    return f"<h2>{escape(group.capitalize())}</h2>\n<ul>{''.join(titles)}</ul>\n{shown}"


def _word(text: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in text)


def _figure(drawn: Drawn, folder: Path) -> str:
    picture = as_picture(folder / drawn.name, drawn.title, drawn.shows_frames)
    return captioned(picture, drawn.name, drawn.title, drawn.caption)
