"""Make the successors' tables, figures and page of one scale from their results."""

import base64
from html import escape
from pathlib import Path

from world_models.paper import style
from world_models.paper.formats import as_csv, as_latex, as_markdown
from world_models.paper.markup import as_html, captioned, document
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import atomic
from world_models.successors_tables.figures import CAPTION, draw
from world_models.successors_tables.load import Comparison, load, parse
from world_models.successors_tables.table import table

TITLE = "From World Models to Dreamer 3 and MuZero"


def write_all(comparisons: list[Comparison], output: Path) -> None:
    """Write the folder `output` whole; a folder already there is replaced at the end.

    It gets TASK_successors.csv, .md and .tex; figures/TASK_successors.png and .svg; index.html.
    """
    with atomic(output) as folder, style.applied():
        (folder / "figures").mkdir(parents=True)
        parts = [f"<h1>{escape(TITLE)}</h1>"]
        for each in comparisons:
            shown = table(each)
            style.save(draw(each), folder / "figures", shown.name)
            for end, text in (("csv", as_csv), ("md", as_markdown), ("tex", as_latex)):
                path = folder / f"{shown.name}.{end}"
                path.write_text(text(shown), encoding="utf-8", newline="\n")
            image = (folder / "figures" / f"{shown.name}.png").read_bytes()
            source = f"data:image/png;base64,{base64.b64encode(image).decode()}"
            drawn = f'<img src="{source}" alt="{escape(each.title)}: scores">'
            parts += [
                captioned(as_html(shown), shown.name, shown.title, shown.caption),
                captioned(drawn, f"{shown.name}_curves", "", f"{each.title}, {CAPTION}"),
            ]
        page = document(TITLE, "\n".join(["<main>", *parts, "</main>"]))
        (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")


def main(argv: list[str] | None = None) -> None:
    """Read and check everything, then write the folder."""
    parser = make_parser(__doc__, task=False)
    parser.add_argument("--root", type=Path, required=True, help="folder of the results")
    parser.add_argument(
        "--tasks", required=True, help="JSON list; keys: name, environment, methods"
    )
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    args = parser.parse_args(argv)
    start_log(args.log)
    comparisons = [load(args.root, each) for each in parse(args.tasks)]
    write_all(comparisons, args.output)
    for each in comparisons:
        for line in table(each).lines:
            LOG.info("%s: %s", each.task, "; ".join(cell for cell in line if cell))


if __name__ == "__main__":
    run(main)
