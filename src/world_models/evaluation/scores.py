"""Score a controller on fresh episodes: in the reference environment, or in the dream."""

from pathlib import Path

import numpy as np

from world_models.controller.fitness_workers import play_all
from world_models.controller.spec import load_agent
from world_models.evaluation.rows import rows_csv
from world_models.evaluation.settings import DreamEvaluationSettings, EvaluationSettings
from world_models.execution.executor import add_execution_options, execution_options
from world_models.execution.progress import Progress
from world_models.play.episodes import Assignment, units_of
from world_models.play.workers import start_workers
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import write_text
from world_models.tasks import get_task


def main(argv: list[str] | None = None) -> None:
    """Play the evaluation episodes of one controller; write one row per episode."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument(
        "--settings",
        required=True,
        help="the evaluation section or, with --dream, dream_evaluation, as JSON",
    )
    parser.add_argument("--controller", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--vision", type=Path, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, help="M's model.safetensors")
    parser.add_argument(
        "--dream", action="store_true", help="score it in the dream that it evolved in"
    )
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row per episode")
    add_execution_options(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings: EvaluationSettings | DreamEvaluationSettings
    if args.dream:
        key = f"{task.name}.dream_evaluation"
        settings = parse_settings(DreamEvaluationSettings, args.settings, key)
    else:
        settings = parse_settings(EvaluationSettings, args.settings, f"{task.name}.evaluation")
    environment = task.environment
    parameters, _, spec = load_agent(
        args.controller, task, environment, args.vision, args.memory, settings.slots,
        dream=args.dream, reference=True, fast=False,
    )  # fmt: skip
    where = "dream" if args.dream else "real"
    assignments = [
        Assignment(0, derive(args.seed, Purpose.EVALUATION, task.name, where, episode))
        for episode in range(settings.episodes)
    ]
    with (
        start_workers(spec, execution_options(args)) as executor,
        Progress(f"{task.name} {args.output.stem}", settings.episodes, "episode") as progress,
    ):
        units = units_of(assignments, settings.slots)
        episodes = play_all(executor, parameters[None], units, progress.advance)
    write_text(args.output, rows_csv(episodes, task.ends))
    scores = np.array([episode.score for episode in episodes])
    LOG.info("%s: %.1f ± %.1f", args.output, scores.mean(), scores.std(ddof=1))


if __name__ == "__main__":
    run(main)
