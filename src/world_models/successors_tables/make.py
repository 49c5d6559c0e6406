"""Make the successors' tables, figures and page of one scale from their results."""

from html import escape
from pathlib import Path

from world_models.paper import style
from world_models.paper.formats import as_files
from world_models.paper.markup import as_html, as_picture, captioned, document
from world_models.paper.page import SMOKE
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import atomic
from world_models.successors_tables import figures, futures
from world_models.successors_tables.load import Comparison, load, parse
from world_models.successors_tables.table import table

TITLE = "From World Models to Dreamer 3 and MuZero"


def write_all(comparisons: list[Comparison], output: Path) -> None:
    """Write the whole folder `output`; an existing one is replaced at the end.

    It gets TASK_successors.csv, .md and .tex; figures/TASK_NAME.png and .svg, where NAME is
    successors, futures or rewards; and index.html.
    """
    with atomic(output) as folder, style.applied():
        (folder / "figures").mkdir(parents=True)
        parts = [f"<h1>{escape(TITLE)}</h1>"]
        if output.parent.name == "smoke":
            parts.append(f'<p class="note">{SMOKE}</p>')
        shown = [table(each) for each in comparisons]
        for each, own in zip(comparisons, shown, strict=True):
            parts.append(captioned(as_html(own), own.name, own.title, own.caption))
            parts += _figures(each, folder / "figures")
        page = document(TITLE, "\n".join(["<main>", *parts, "</main>"]))
        for name, text in {**as_files(shown), "index.html": page}.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for own in shown:
        for line in own.lines:
            LOG.info("%s: %s", own.name, "; ".join(cell for cell in line if cell))


def _figures(comparison: Comparison, folder: Path) -> list[str]:
    """Draw a task's figures into a folder; return them for the page."""
    drawn = (
        ("successors", figures.draw(comparison), "scores", figures.CAPTION, False),
        ("futures", futures.frames(comparison), "imagined frames", futures.FRAMES, True),
        ("rewards", futures.rewards(comparison), "imagined rewards", futures.REWARDS, False),
    )
    parts = []
    for name, figure, what, caption, shows_frames in drawn:
        if figure is None:
            continue
        file, title = f"{comparison.task}_{name}", f"{comparison.title}: {what}"
        style.save(figure, folder, file)
        picture = as_picture(folder / file, title, shows_frames)
        parts.append(captioned(picture, f"{file}_figure", title, caption))
    return parts


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
    write_all([load(args.root, each) for each in parse(args.tasks)], args.output)


if __name__ == "__main__":
    run(main)
