"""Score the random policy on the same episodes as the controllers: the baseline."""

from pathlib import Path

import numpy as np

from world_models.evaluation.rows import rows_csv
from world_models.evaluation.settings import EvaluationSettings
from world_models.execution.heartbeat import Watchdog, add_hung_after
from world_models.execution.progress import Progress
from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import EpisodeCounter
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import write_text
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment


def main(argv: list[str] | None = None) -> None:
    """Play the evaluation episodes with the task's random policy; write one row per episode."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--settings", required=True, help="the evaluation section, as JSON")
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row per episode")
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(EvaluationSettings, args.settings, f"{task.name}.evaluation")
    actor = BehaviourActor(task.behaviours[task.random_behaviour], 1, task.action_size)
    environments = SyncVectorEnvironment([task.make_environment()])
    assignments = [
        Assignment(0, derive(args.seed, Purpose.EVALUATION, task.name, "real", number))
        for number in range(settings.episodes)
    ]
    try:
        with (
            Watchdog(str(args.output), args.hung_after),
            Progress(f"{task.name} random", settings.episodes, "episode") as progress,
        ):
            episodes = play(actor, environments, assignments, [EpisodeCounter(progress.advance)])
    finally:
        environments.close()
    write_text(args.output, rows_csv(episodes, task.ends))
    scores = np.array([episode.score for episode in episodes])
    LOG.info("%s: %.1f ± %.1f", args.output, scores.mean(), scores.std(ddof=1))


if __name__ == "__main__":
    run(main)
