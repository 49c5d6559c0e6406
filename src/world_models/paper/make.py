"""Make the paper's tables, figures and page from the results of one scale."""

from pathlib import Path

import matplotlib
import torch

from world_models.execution.progress import Progress
from world_models.paper import style
from world_models.paper.diagnostics import diagnostics
from world_models.paper.figures import FIGURES
from world_models.paper.formats import as_csv, as_latex, as_markdown, as_metrics
from world_models.paper.inputs import Inputs, read_all
from world_models.paper.page import page
from world_models.paper.tables import all_tables
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import atomic


def write_all(inputs: Inputs, output: Path) -> None:
    """Write the folder `output` whole; a folder already there is replaced at the end.

    It gets NAME.csv, NAME.md and NAME.tex of each table, scores.json with our scores,
    figures/NAME.png and .svg of each figure, and index.html.
    """
    with atomic(output) as folder, matplotlib.rc_context(style.SETTINGS):
        pictures = folder / "figures"
        pictures.mkdir(parents=True)
        tables = [*all_tables(inputs), diagnostics(inputs)]
        for table in tables:
            for suffix, text in (
                ("csv", as_csv(table)),
                ("md", as_markdown(table)),
                ("tex", as_latex(table)),
            ):
                path = folder / f"{table.name}.{suffix}"
                path.write_text(text, encoding="utf-8", newline="\n")
        scores = as_metrics(
            [table for table in tables if table.name in ("car_racing", "take_cover")]
        )
        (folder / "scores.json").write_text(scores, encoding="utf-8", newline="\n")
        with Progress("figures", len(FIGURES), "figure") as progress:
            for figure in FIGURES:
                style.save(figure.draw(inputs), pictures, figure.name)
                progress.advance(note=figure.name)
        text = page(inputs, tables, FIGURES, pictures)
        (folder / "index.html").write_text(text, encoding="utf-8", newline="\n")


def main(argv: list[str] | None = None) -> None:
    """Read and check everything, then write the folder."""
    parser = make_parser(__doc__, task=False)
    parser.add_argument("--root", type=Path, required=True, help="folder of the scale's results")
    parser.add_argument("--variants", nargs="+", required=True, help="CarRacing's controllers")
    parser.add_argument(
        "--temperatures", nargs="+", type=float, required=True, help="Take Cover's controllers"
    )
    for task in ("car-racing", "take-cover"):
        parser.add_argument(
            f"--held-out-{task}", type=Path, required=True, help="manifest of held-out rollouts"
        )
    parser.add_argument("--seed", type=int, default=1, help="the run's seed (default 1)")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    args = parser.parse_args(argv)
    start_log(args.log)
    torch.set_num_threads(1)  # a few frames at a time; rounding must not depend on the cores
    held_out = {"car_racing": args.held_out_car_racing, "take_cover": args.held_out_take_cover}
    inputs = read_all(args.root, args.variants, args.temperatures, held_out, args.seed)
    write_all(inputs, args.output)
    for table in all_tables(inputs)[:2]:
        for line in table.lines:
            LOG.info("%s: %s", table.name, "; ".join(cell for cell in line if cell))


if __name__ == "__main__":
    run(main)
