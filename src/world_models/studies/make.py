"""Make the tables, figures and page of all studies of a scale from their results."""

from pathlib import Path

import torch

from world_models.execution.progress import Progress
from world_models.paper import style
from world_models.paper.formats import as_files
from world_models.paper.load import load
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import atomic
from world_models.studies.figures import figures_of
from world_models.studies.page import page
from world_models.studies.results import all_results
from world_models.studies.sources import parse
from world_models.studies.tables import tables_of


def main(argv: list[str] | None = None) -> None:
    """Read everything, then write the whole folder; an existing one is replaced at the end."""
    parser = make_parser(__doc__, task=False)
    parser.add_argument("--root", type=Path, required=True, help="folder of the scale's results")
    parser.add_argument(
        "--studies", required=True,
        help="JSON list, the scale itself first; keys: name, title, group, measures, tasks",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="the run's seed (default 1)")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    args = parser.parse_args(argv)
    start_log(args.log)
    torch.set_num_threads(1)  # a few frames at a time; rounding must not depend on the cores
    studies = parse(args.studies)
    inputs = load(args.root, [each.plain for each in studies[0].tasks], args.seed)
    results = all_results(studies, args.root)
    with atomic(args.output) as folder, style.applied():
        pictures = folder / "figures"
        pictures.mkdir(parents=True)
        texts = as_files(tables_of(results))
        drawn = figures_of(inputs, results)
        with Progress("figures", len(drawn), "figure") as progress:
            for figure in drawn:
                style.save(figure.draw(), pictures, figure.name)
                progress.advance(note=figure.name)
        texts["index.html"] = page(results, drawn, pictures, args.output, inputs.scale)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    LOG.info("%s: %d studies, %d figures", args.output, len(studies) - 1, len(drawn))


if __name__ == "__main__":
    run(main)
