"""The one page that shows everything, with nothing outside it."""

import base64
from html import escape
from pathlib import Path

from world_models.paper.figures import PaperFigure
from world_models.paper.formats import as_html
from world_models.paper.inputs import Inputs
from world_models.paper.tables import Table, paper_table

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 66rem; margin: 2rem auto; padding: 0 1rem;
  color: light-dark(#222, #ddd); background: light-dark(#fff, #181a1b); }
h1 { font-size: 1.6rem; margin-bottom: 0; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; }
h3 { font-size: 1rem; margin-bottom: .4rem; }
code { font-size: .9em; padding: .1em .3em; background: light-dark(#f0f0f0, #2a2d2f); }
.note { border-left: 4px solid #E69F00; padding-left: .8rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .95rem;
  font-variant-numeric: tabular-nums; }
caption, figcaption { text-align: left; font-size: .9rem; color: light-dark(#555, #aaa); }
caption { padding-bottom: .5rem; }
th, td { padding: .25rem .6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead { border-top: 2px solid; border-bottom: 1px solid; }
tbody { border-bottom: 2px solid; }
tbody tr:nth-child(even) { background: light-dark(#f6f6f6, #202325); }
figure { margin: 0 0 2rem; }
figure img { width: 100%; background: #fff; padding: .5rem; box-sizing: border-box; }
"""

SMOKE = (
    "This is a smoke run: it shows that the pipeline works, from the environments to this page. "
    "Its scores mean nothing: training took minutes and the episodes are short."
)


def page(
    inputs: Inputs, tables: list[Table], figures: list[PaperFigure], folder: Path, output: Path
) -> str:
    """Return the page as HTML.

    Args:
        inputs: what everything was made of.
        tables, figures: in the order in which they appear.
        folder: where the figures' files are.
        output: the folder that is being made, as the command that makes it names it.
    """
    title = escape(_title(inputs))
    scale = f"Scale: <strong>{escape(inputs.scale)}</strong>."
    if inputs.study:
        scale += f" Study: <strong>{escape(inputs.study)}</strong>."
    note = f'<p class="note">{SMOKE}</p>\n' if inputs.scale == "smoke" else ""
    command = escape(f"snakemake --cores 16 {output.as_posix()}")
    shown_tables = "\n".join(f'<div class="wide">{as_html(table)}</div>' for table in tables)
    shown_figures = "\n".join(as_figure(figure, folder) for figure in figures)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} ({escape(inputs.study or inputs.scale)})</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p>{escape(_introduction(inputs))} {scale} Seed: {inputs.seed}. Made by
<code>{command}</code></p>
{note}<h2>Tables</h2>
{shown_tables}
<h2>Figures</h2>
{shown_figures}
</body>
</html>
"""


def _of_the_paper(inputs: Inputs) -> list[str]:
    """Return the titles of the tasks that the paper has scores of."""
    return [each.task.title for each in inputs.tasks.values() if paper_table(each)]


def _title(inputs: Inputs) -> str:
    if _of_the_paper(inputs):
        return "World Models, reproduced"
    return f"World Models: {', '.join(each.task.title for each in inputs.tasks.values())}"


def _introduction(inputs: Inputs) -> str:
    """Return a sentence or two that say what stands on the page."""
    known = _of_the_paper(inputs)
    own = [each.task.title for each in inputs.tasks.values() if each.task.title not in known]
    if not known:
        return (
            "The method of Ha & Schmidhuber (2018), “World Models”, applied to "
            f"{' and '.join(own)}, which the paper does not have scores of."
        )
    found = (
        "Tables and figures of Ha & Schmidhuber (2018), “World Models”: our measurements beside "
        "the paper's own numbers."
    )
    return f"{found} The paper has no scores of {' or '.join(own)}." if own else found


def as_figure(figure: PaperFigure, folder: Path) -> str:
    """Return a <figure> with its image embedded; an SVG stays one, so that it scales."""
    suffix, kind = ("png", "png") if figure.registered.shows_frames else ("svg", "svg+xml")
    content = (folder / f"{figure.name}.{suffix}").read_bytes()
    source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    title = escape(figure.title)
    return (
        f'<figure id="{figure.name}">\n<h3>{title}</h3>\n<img alt="{title}" src="{source}">\n'
        f"<figcaption>{escape(figure.registered.caption)}</figcaption>\n</figure>"
    )
