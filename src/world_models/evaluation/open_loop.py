"""Is the dream as dangerous as the game? Open-loop policies, played in both.

C learns to exploit a dream that spares what the game kills, and no training curve of M shows such
a dream. Open-loop policies need no evolution, so this is known as soon as M is trained.
"""

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.evaluation.settings import EvaluationSettings
from world_models.execution.heartbeat import Watchdog
from world_models.execution.progress import LOG, Progress
from world_models.memory import model as memory_model
from world_models.play.episodes import Assignment
from world_models.play.loop import batch, play
from world_models.section import Section, parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import add_hung_after, make_parser, run, start_log
from world_models.storage import columns
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_text
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment, Task, VectorEnvironment


class OpenLoopArena:
    """Slots of the game or of a dream in which open-loop policies act.

    A candidate is a policy's number in `task.open_loop`.
    """

    def __init__(self, world: VectorEnvironment | Dream, task: Task) -> None:
        self.world, self.slots, self.action_size = world, world.slots, task.action_size
        self.policies = list(task.open_loop.values())
        self.steps = np.zeros(world.slots, dtype=np.int64)
        self.playing = [0] * world.slots  # which policy acts in each slot

    def start(self, slots: Sequence[int], seeds: Sequence[int], parameters: torch.Tensor) -> None:
        """Begin episodes in some slots."""
        for slot, number in zip(slots, parameters[:, 0].tolist(), strict=True):
            self.playing[slot] = int(number)
            self.steps[slot] = 0
        self.world.start(slots, seeds)

    def step(self, active: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Play one step in the active slots."""
        actions = np.zeros((self.slots, self.action_size), dtype=np.float32)
        for slot in active:
            actions[slot] = self.policies[self.playing[slot]](int(self.steps[slot]))
            self.steps[slot] += 1
        if isinstance(self.world, Dream):
            return self.world.step(actions, batch(active, self.slots))
        return self.world.step(active, actions)

    def close(self) -> None:
        """End the game's environments."""
        if isinstance(self.world, VectorEnvironment):
            self.world.close()


def means(arena: OpenLoopArena, seeds: Sequence[int]) -> list[float]:
    """Return each policy's mean score over these seeds; close the arena."""
    count = len(arena.policies)
    numbers = np.arange(count, dtype=np.float32)[:, None]
    assignments = [Assignment(number, seed) for number in range(count) for seed in seeds]
    try:
        episodes = play(arena, numbers, assignments)
    finally:
        arena.close()
    scores = np.array([episode.score for episode in episodes])
    return [float(mean) for mean in scores.reshape(count, -1).mean(axis=1)]


def rows(
    task: Task, environment: Section, settings: EvaluationSettings, args: Namespace
) -> list[list[float | None]]:
    """Return a row a place: mean scores in the game, then in the dream at each temperature."""

    def seeds(where: str, count: int) -> list[int]:
        parts = (Purpose.FIGURES, task.name, "blind", where)
        return [derive(args.seed, *parts, episode) for episode in range(count)]

    memory, initial, _ = memory_model.load(args.memory, task.name)
    limit = environment.max_steps  # type: ignore[attr-defined]
    places = 1 + len(args.temperatures)
    with Progress(f"{task.name} open-loop policies", places, "place") as progress:
        game = SyncVectorEnvironment(
            [task.make_environment(environment) for _ in range(settings.slots)]
        )
        found: list[list[float | None]] = [
            [None, *means(OpenLoopArena(game, task), seeds("game", settings.episodes))]
        ]
        progress.advance()
        for temperature in args.temperatures:
            dream = Dream(memory, initial, temperature, settings.slots, limit, task)
            arena = OpenLoopArena(dream, task)
            found.append([temperature, *means(arena, seeds("dream", settings.dream_episodes))])
            progress.advance()
    return found


def main(argv: list[str] | None = None) -> None:
    """Play all policies in all places; write one row a place, the game's without temperature."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="JSON of the section environment")
    parser.add_argument("--settings", required=True, help="JSON of the section evaluation")
    parser.add_argument("--memory", type=Path, required=True, help="M's model.safetensors")
    parser.add_argument("--temperatures", type=float, nargs="+", required=True, help="the dreams'")
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row a place")
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task)
    if not task.open_loop:
        raise WorldModelsError(f"--task {task.name}: it has no open-loop policies to play")
    settings = parse_settings(EvaluationSettings, args.settings, f"{task.name}.evaluation")
    section = parse_settings(
        task.environment_settings, args.environment, f"{task.name}.environment"
    )
    torch.set_num_threads(1)  # rounding must not depend on the cores
    with Watchdog(str(args.output), args.hung_after):
        found = rows(task, section, settings, args)
    names = columns.open_loop(task.open_loop)
    write_text(args.output, curve_csv(names, found))
    for place in found:
        LOG.info("%s: %s", args.output, dict(zip(names, place, strict=True)))


if __name__ == "__main__":
    run(main)
