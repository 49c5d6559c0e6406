"""Score the random policy on the same episodes as the controllers: the baseline."""

from pathlib import Path

import numpy as np

from world_models.evaluation.rows import rows_csv
from world_models.evaluation.settings import EvaluationSettings
from world_models.execution.heartbeat import Watchdog, add_hung_after, beat
from world_models.execution.progress import Progress
from world_models.play.episodes import Episode
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, parse_settings, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import write_text
from world_models.tasks import get_task
from world_models.tasks.contract import Behaviour, End, Environment


def play(environment: Environment, act: Behaviour, seed: int) -> Episode:
    """Play one episode with a policy that sees nothing."""
    environment.reset(seed)
    steps, score, end = 0, 0.0, End.NONE
    while end is End.NONE:
        _, reward, end = environment.step(act())
        beat()
        steps, score = steps + 1, score + reward
    return Episode(0, seed, steps, score, end)


def main(argv: list[str] | None = None) -> None:
    """Play the evaluation episodes with the task's random policy; write one row an episode."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="JSON of the section environment")
    parser.add_argument("--settings", required=True, help="JSON of the section evaluation")
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row an episode")
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task)
    settings = parse_settings(EvaluationSettings, args.settings, f"{task.name}.evaluation")
    section = parse_settings(
        task.environment_settings, args.environment, f"{task.name}.environment"
    )
    environment, episodes = task.make_environment(section), []
    try:
        with (
            Watchdog(str(args.output), args.hung_after),
            Progress(f"{task.name} random", settings.episodes, "episode") as progress,
        ):
            for number in range(settings.episodes):
                seed = derive(args.seed, Purpose.EVALUATION, task.name, "real", number)
                act = task.behaviour(task.random_policy, np.random.default_rng(seed))
                episodes.append(play(environment, act, seed))
                progress.advance()
    finally:
        environment.close()
    write_text(args.output, rows_csv(episodes))
    scores = np.array([episode.score for episode in episodes])
    LOG.info("%s: %.1f ± %.1f", args.output, scores.mean(), scores.std(ddof=1))


if __name__ == "__main__":
    run(main)
