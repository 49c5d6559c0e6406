"""Make the tables, figures, films and page of one scale, study or task from its results."""

from pathlib import Path

import torch

from world_models.paper import sources, style
from world_models.paper.contents import as_json
from world_models.paper.formats import as_files, as_metrics
from world_models.paper.inputs import Inputs
from world_models.paper.load import load
from world_models.paper.page import page, single_pages
from world_models.paper.shown import draw
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import atomic


def write_all(inputs: Inputs, output: Path, target: str) -> None:
    """Write the whole folder `output`; an existing one is replaced at the end.

    It gets NAME.csv, NAME.md and NAME.tex for each table; scores.json with our scores;
    figures/NAME.png and .svg for each figure; shown/NAME.html for each table and film as the page
    shows it; contents.json, which lists them; and index.html, the page, which names `target` in
    its Snakemake command.
    """
    with atomic(output) as folder, style.applied():
        for name in ("figures", "shown"):
            (folder / name).mkdir(parents=True)
        shown = draw(inputs, folder / "figures")
        texts = {
            "scores.json": as_metrics(shown.scores),
            "contents.json": as_json(shown),
            "index.html": page(inputs, shown, target),
            **{f"shown/{name}.html": text for name, text in single_pages(shown).items()},
        }
        texts |= as_files((*shown.scores, shown.parameters, shown.diagnostics))
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for table in shown.scores:
        for line in table.lines:
            LOG.info("%s: %s", table.name, "; ".join(cell for cell in line if cell))


def main(argv: list[str] | None = None) -> None:
    """Read and check everything, then write the folder."""
    parser = make_parser(__doc__, task=False)
    parser.add_argument(
        "--root", type=Path, required=True, help="folder of the results, one folder a task in it"
    )
    parser.add_argument(
        "--tasks", required=True,
        help="JSON list, or a file with one; keys: name, environment, evolved_in, controllers, "
        "and paths of anything outside ROOT/NAME",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="the run's seed (default 1)")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--target", help="what Snakemake is asked for (default: the output)")
    args = parser.parse_args(argv)
    start_log(args.log)
    torch.set_num_threads(1)  # a few frames at a time; rounding must not depend on the cores
    inputs = load(args.root, sources.parse(args.tasks), args.seed)
    write_all(inputs, args.output, args.target or args.output.as_posix())


if __name__ == "__main__":
    run(main)
