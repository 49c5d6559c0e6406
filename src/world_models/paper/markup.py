"""The parts of the page as HTML: tables, matrices, figures and films, all embedded."""

import base64
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from world_models.inspection.player import Moving
from world_models.paper.figures import PaperFigure
from world_models.paper.films import PageFilm
from world_models.paper.matrix import Cell, Group, Line, Matrix
from world_models.paper.stylesheet import STYLE
from world_models.paper.tables import Table

INTERVAL = re.compile(r" (\[[^]]*\])$")  # of a score: it is shown below the mean


def document(title: str, body: str) -> str:
    """Return a complete HTML page."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


def captioned(what: str, name: str, title: str, caption: str) -> str:
    """Return a <figure>; its caption stays in place when a wide table is scrolled.

    A caption that begins with the title doesn't repeat it.
    """
    if title and caption.startswith(f"{title}: "):
        caption = caption[len(title) + 2 :]
        caption = caption[:1].upper() + caption[1:]
    figcaption = (f"<h3>{escape(title)}</h3>\n" if title else "") + escape(caption)
    return f'<figure id="{escape(name)}">\n<figcaption>{figcaption}</figcaption>\n{what}\n</figure>'


def as_html(table: Table) -> str:
    """Return a <table>, everything escaped; a score's interval is shown below it."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.heads)
    ours = [head == "ours" or head.endswith(", ours") for head in table.heads]
    body = "\n".join(
        f'<tr><th scope="row">{escape(line[0])}</th>'
        + "".join(_cell(cell, mine) for cell, mine in zip(line[1:], ours[1:], strict=True))
        + "</tr>"
        for line in table.lines
    )
    return (
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _cell(text: str, ours: bool) -> str:
    shown = INTERVAL.sub(r"<small>\1</small>", escape(text))
    return f'<td class="ours">{shown}</td>' if ours else f"<td>{shown}</td>"


def as_matrix(matrix: Matrix) -> str:
    """Return a task's diagnostics as one <table>, with one <tbody> per group."""
    groups = "\n".join(_group(group, matrix.columns) for group in matrix.groups)
    return f'<div class="wide"><table class="matrix">\n{groups}\n</table></div>'


def _group(group: Group, columns: Sequence[str]) -> str:
    shown = any(line.cells for line in group.lines)
    spread = f'<td class="beside" colspan="{len(columns)}">{escape(group.others)}</td>'
    heads = "".join(f'<th scope="col">{escape(each)}</th>' for each in columns)
    title = f"{group.title}, {group.others}" if shown else group.title
    head = (
        f'<tr class="group"><th scope="rowgroup">{escape(title)}</th>'
        f'<th scope="col">{escape(group.first)}</th>{heads if shown else spread}</tr>'
    )
    lines = "\n".join(_line(line, len(columns)) for line in group.lines)
    return f"<tbody>\n{head}\n{lines}\n</tbody>"


def _line(line: Line, columns: int) -> str:
    if line.cells:
        rest = "".join(_number(cell) for cell in line.cells)
    else:
        rest = f'<td class="beside" colspan="{columns}">{escape(line.note)}</td>'
    return f'<tr><th scope="row">{escape(line.words)}</th>{_number(line.first)}{rest}</tr>'


def _number(cell: Cell) -> str:
    return f'<td class="marked">{cell.text}</td>' if cell.marked else f"<td>{cell.text}</td>"


def as_film(film: PageFilm, webp: Moving) -> str:
    """Return a <figure> that plays; films in a row have the same height."""
    ratio = webp.width / webp.height
    return (
        f'<figure id="{escape(film.name)}" style="--ratio:{ratio:.2f}">\n{webp.html(film.title)}\n'
        f"<figcaption><h4>{escape(film.words)}</h4>\n{escape(film.caption)}</figcaption>\n</figure>"
    )


def as_picture(path: Path, words: str, shows_frames: bool) -> str:
    """Return a <div> with an embedded image.

    Args:
        path: the image's, without its suffix. words: its alternative text.
        shows_frames: whether it is made of frames: then it is a PNG, else an SVG, which scales.
    """
    suffix, kind = ("png", "png") if shows_frames else ("svg", "svg+xml")
    content = path.with_name(f"{path.name}.{suffix}").read_bytes()
    source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return f'<div class="picture"><img alt="{escape(words)}" src="{source}"></div>'


def as_figure(figure: PaperFigure, folder: Path) -> str:
    """Return a <figure> with an embedded image."""
    title = escape(figure.results.task.title)
    picture = as_picture(folder / figure.name, figure.title, figure.registered.shows_frames)
    return f'<figure id="{escape(figure.name)}">\n<h3>{title}</h3>\n{picture}\n</figure>'
