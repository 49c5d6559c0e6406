"""Measure V's and M's errors where a player goes, in the usual look and in a changed one.

Their own stages measure V and M on held-out rollouts. Those come from other policies than C, and
look like the training rollouts. Here a controller or the random policy plays, and V and M observe.
"""

from argparse import Namespace
from pathlib import Path
from typing import Any

import torch

from world_models.controller.spec import load_agent
from world_models.evaluation.studied_settings import SeenSettings
from world_models.evaluation.watching import Measurer, Watched
from world_models.execution.heartbeat import Watchdog, add_hung_after
from world_models.execution.progress import Progress
from world_models.memory import model as memory_model
from world_models.play.actors import Actor, BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import EpisodeCounter
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_text
from world_models.storage.study_columns import SEEN
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment, Task
from world_models.tasks.looks import LOOKS, with_look
from world_models.vision import model as vision_model
from world_models.world_model.vision_memory import VisionMemory


def player_of(task: Task, args: Namespace, slots: int) -> Actor:
    """Return the controller, with its own V and M, or the random policy."""
    if args.controller is None:
        return BehaviourActor(task.behaviours[task.random_behaviour], slots, task.action_size)
    parameters, _, spec = load_agent(
        args.controller, task, task.environment, args.vision, args.memory, slots,
        reference=True, fast=False,
    )  # fmt: skip
    agent, unused = spec.build()
    unused.close()  # the games it plays are built by `rows`, in each look
    agent.candidates = parameters[None]
    return agent


def rows(task: Task, settings: SeenSettings, args: Namespace) -> list[list[Any]]:
    """Return one row per episode, look by look."""
    vision, _ = vision_model.load(args.vision, task.name)
    memory, _, _ = memory_model.load(args.memory, task.name)
    seeds = [
        derive(args.seed, Purpose.FIGURES, task.name, "seen", episode)
        for episode in range(settings.episodes)
    ]
    looks = LOOKS if settings.changed_looks else LOOKS[:1]
    found: list[list[Any]] = []
    title = f"{task.name} {args.output.stem}"
    with Progress(title, len(looks) * len(seeds), "episode") as progress:
        for look in looks:
            place = with_look(task, look)
            games = SyncVectorEnvironment([place.make_environment() for _ in range(settings.slots)])
            model = VisionMemory(vision, memory, None, settings.slots)
            watched = Watched(player_of(task, args, settings.slots), model)
            measurer = Measurer(watched, vision, games, task.places)
            try:
                assignments = [Assignment(0, seed) for seed in seeds]
                observers = [measurer, EpisodeCounter(progress.advance)]
                episodes = play(watched, games, assignments, observers)
            finally:
                games.close()
            for number, episode in enumerate(episodes):
                score = [number, episode.seed, episode.steps, episode.score]
                found.append([look, *score, *measurer.found[number]])
    return found


def main(argv: list[str] | None = None) -> None:
    """Play, and write one row per episode."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--settings", required=True, help="the seen section, as JSON")
    parser.add_argument("--controller", type=Path, help="…/model.safetensors; none: random play")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, required=True, help="M's model.safetensors")
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row per episode")
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(SeenSettings, args.settings, f"{task.name}.seen")
    torch.set_num_threads(1)  # rounding must not depend on the cores
    with Watchdog(str(args.output), args.hung_after):
        found = rows(task, settings, args)
    write_text(args.output, curve_csv(SEEN, found))
    LOG.info("%s: %d episodes", args.output, len(found))


if __name__ == "__main__":
    run(main)
