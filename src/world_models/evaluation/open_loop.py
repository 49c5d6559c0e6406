"""Is the dream as dangerous as the game? Blind (open-loop) policies, played in both.

A dream that spares what the game kills is one that C learns to exploit, and no training curve of M
shows it. Policies that see nothing need no evolution, so this is known as soon as M is.
"""

from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.evaluation.settings import EvaluationSettings
from world_models.execution.heartbeat import Watchdog, add_hung_after
from world_models.execution.progress import Progress
from world_models.memory import model as memory_model
from world_models.play.episodes import Assignment
from world_models.play.loop import batch, play
from world_models.section import Section
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, parse_settings, run
from world_models.stage.log import LOG, start_log
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_text
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment, Task, VectorEnvironment

# Step t to the action's one number. The game kills whoever stays, in the middle or at a wall.
PATTERNS: dict[str, Callable[[int], float]] = {
    "still": lambda t: 0.0,
    "left": lambda t: -1.0,
    "right": lambda t: 1.0,
    "swing_20": lambda t: 1.0 if t // 20 % 2 else -1.0,
    "swing_60": lambda t: 1.0 if t // 60 % 2 else -1.0,
}
COLUMNS = ("temperature", *PATTERNS)


class OpenLoopArena:
    """Slots of the game or of a dream in which patterns act; a candidate is a pattern's number."""

    def __init__(self, world: VectorEnvironment | Dream) -> None:
        self.world, self.slots = world, world.slots
        self.steps = np.zeros(world.slots, dtype=np.int64)
        self.patterns = [PATTERNS["still"]] * world.slots

    def start(self, slots: Sequence[int], seeds: Sequence[int], parameters: torch.Tensor) -> None:
        """Begin episodes in some slots."""
        for slot, number in zip(slots, parameters[:, 0].tolist(), strict=True):
            self.patterns[slot] = list(PATTERNS.values())[int(number)]
            self.steps[slot] = 0
        self.world.start(slots, seeds)

    def step(self, active: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Play one step in the active slots."""
        actions = np.zeros((self.slots, 1), dtype=np.float32)
        for slot in active:
            actions[slot] = self.patterns[slot](int(self.steps[slot]))
            self.steps[slot] += 1
        if isinstance(self.world, Dream):
            return self.world.step(actions, batch(active, self.slots))
        return self.world.step(active, actions)

    def close(self) -> None:
        """End the game's environments."""
        if isinstance(self.world, VectorEnvironment):
            self.world.close()


def means(arena: OpenLoopArena, seeds: Sequence[int]) -> list[float]:
    """Return each pattern's mean score, in steps survived, over these seeds; close the arena."""
    numbers = np.arange(len(PATTERNS), dtype=np.float32)[:, None]
    assignments = [Assignment(number, seed) for number in range(len(PATTERNS)) for seed in seeds]
    try:
        episodes = play(arena, numbers, assignments)
    finally:
        arena.close()
    scores = np.array([episode.score for episode in episodes])
    return [float(mean) for mean in scores.reshape(len(PATTERNS), -1).mean(axis=1)]


def rows(
    task: Task, environment: Section, settings: EvaluationSettings, args: Namespace
) -> list[list[float | None]]:
    """Return `COLUMNS` a place: steps survived in the game, then in each temperature's dream."""

    def seeds(where: str, count: int) -> list[int]:
        parts = (Purpose.FIGURES, task.name, "blind", where)
        return [derive(args.seed, *parts, episode) for episode in range(count)]

    memory, initial, _ = memory_model.load(args.memory, task.name)
    limit = environment.max_steps  # type: ignore[attr-defined]
    with Progress(f"{task.name} blind policies", 1 + len(args.temperatures), "place") as progress:
        game = SyncVectorEnvironment(
            [task.make_environment(environment) for _ in range(settings.slots)]
        )
        found: list[list[float | None]] = [
            [None, *means(OpenLoopArena(game), seeds("game", settings.episodes))]
        ]
        progress.advance()
        for temperature in args.temperatures:
            dream = Dream(memory, initial, temperature, settings.slots, limit, task)
            dreamt = means(OpenLoopArena(dream), seeds("dream", settings.dream_episodes))
            found.append([temperature, *dreamt])
            progress.advance()
    return found


def main(argv: list[str] | None = None) -> None:
    """Play all patterns in all places; write one row a place, the game's without temperature."""
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
    if task.action_size != 1:
        raise WorldModelsError(f"--task {task.name}: the patterns are of actions of one number")
    settings = parse_settings(EvaluationSettings, args.settings, f"{task.name}.evaluation")
    section = parse_settings(
        task.environment_settings, args.environment, f"{task.name}.environment"
    )
    torch.set_num_threads(1)  # rounding must not depend on the cores
    with Watchdog(str(args.output), args.hung_after):
        found = rows(task, section, settings, args)
    write_text(args.output, curve_csv(COLUMNS, found))
    for place in found:
        LOG.info("%s: %s", args.output, dict(zip(COLUMNS, place, strict=True)))


if __name__ == "__main__":
    run(main)
