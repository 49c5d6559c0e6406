"""Is the dream as dangerous as the game? Open-loop policies, which see nothing, played in both.

C learns to exploit a dream that is less deadly than the game, and no training curve of M shows
this. Open-loop policies need no search, so they can be scored as soon as M is trained.
"""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from world_models.dream.engine import Dream
from world_models.evaluation.settings import OpenLoopSettings
from world_models.execution.heartbeat import Watchdog, add_hung_after
from world_models.execution.progress import Progress
from world_models.memory import model as memory_model
from world_models.play.actors import OpenLoopActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.section import Section, parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage import columns
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_text
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment, Task, VectorEnvironment
from world_models.world_model.contract import check_actions
from world_models.world_model.vision_memory import VisionMemory


def means(task: Task, environments: VectorEnvironment, seeds: Sequence[int]) -> list[float]:
    """Return the mean score of each of the task's open-loop policies over these seeds.

    The environments are closed at the end.
    """
    policies = list(task.open_loop.values())
    actor = OpenLoopActor(policies, environments.slots, task.action_size)
    assignments = [Assignment(number, seed) for number in range(len(policies)) for seed in seeds]
    try:
        episodes = play(actor, environments, assignments)
    finally:
        environments.close()
    scores = np.array([episode.score for episode in episodes])
    return [float(mean) for mean in scores.reshape(len(policies), -1).mean(axis=1)]


def rows(
    task: Task, environment: Section, settings: OpenLoopSettings, args: Namespace
) -> list[list[float | None]]:
    """Return a row for the reference environment, then one for each temperature's dream.

    A row has the temperature (None for the reference environment) and each policy's mean score.
    """

    def seeds(where: str, count: int) -> list[int]:
        parts = (Purpose.FIGURES, task.name, "blind", where)
        return [derive(args.seed, *parts, episode) for episode in range(count)]

    memory, initial, _ = memory_model.load(args.memory, task.name)
    model = VisionMemory(None, memory, initial, settings.slots)
    check_actions(model, task)
    limit = task.max_steps
    places = 1 + len(args.temperatures)
    with Progress(f"{task.name} open-loop policies", places, "place") as progress:
        game = SyncVectorEnvironment([task.make_environment() for _ in range(settings.slots)])
        found: list[list[float | None]] = [
            [None, *means(task, game, seeds("game", settings.episodes))]
        ]
        progress.advance()
        for temperature in args.temperatures:
            dream = Dream(model, temperature, limit)
            dreamt = means(task, dream, seeds("dream", settings.dream_episodes))
            found.append([temperature, *dreamt])
            progress.advance()
    return found


def main(argv: list[str] | None = None) -> None:
    """Play all policies in all places; write one row per place, the game's without temperature."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--settings", required=True, help="the open_loop section, as JSON")
    parser.add_argument("--memory", type=Path, required=True, help="M's model.safetensors")
    parser.add_argument(
        "--temperatures", type=float, nargs="+", required=True, help="the dreams' temperatures"
    )
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row a place")
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(OpenLoopSettings, args.settings, f"{task.name}.open_loop")
    section = task.environment
    torch.set_num_threads(1)  # rounding must not depend on the cores
    with Watchdog(str(args.output), args.hung_after):
        found = rows(task, section, settings, args)
    names = columns.open_loop(task.open_loop)
    write_text(args.output, curve_csv(names, found))
    for place in found:
        LOG.info("%s: %s", args.output, dict(zip(names, place, strict=True)))


if __name__ == "__main__":
    run(main)
