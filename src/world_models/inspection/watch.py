"""Film a controller's episode: what it sees, beside what V makes of it; or its dream."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.checkpoint import check_models, check_size, load
from world_models.controller.fitness_workers import ArenaRecipe
from world_models.errors import WorldModelsError
from world_models.execution.heartbeat import Watchdog, add_hung_after, beat
from world_models.inspection.film import decoded, side_by_side, view_of, write_gif
from world_models.play.episodes import Episode
from world_models.play.loop import Arena, DreamArena, RealArena
from world_models.stage.command import make_parser, parse_settings, run
from world_models.stage.log import start_log
from world_models.tasks import get_task
from world_models.tasks.contract import End, Task, VectorEnvironment
from world_models.vision import model as vision_model

STEPS_PER_SECOND = {"car_racing": 50, "take_cover": 35}
RANGES = {
    "every": range(1, 2101),
    "scale": range(1, 17),
    "slots": range(1, 1025),
    "episode_seed": range(2**31),
}


class Alone(VectorEnvironment):
    """Steps only the first of several environments; the others never start."""

    def __init__(self, environments: VectorEnvironment) -> None:
        super().__init__(environments.slots)
        self.environments, self.frames = environments, environments.frames

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin the episode."""
        self.environments.start(slots, seeds)

    def step(
        self, slots: Sequence[int], actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Take one step in the first slot, whichever are asked for."""
        return self.environments.step([0], actions)

    def close(self) -> None:
        """Close all."""
        self.environments.close()


def play(
    arena: Arena,
    look: Callable[[], NDArray[Any]],
    controller: NDArray[np.float32],
    seed: int,
    beside: Sequence[int] = (),
) -> tuple[NDArray[Any], Episode]:
    """Play one episode in the first slot, and look before each step.

    How many episodes are computed together shows in the rounding, and games let that grow. To
    play an episode of an evaluation again, to the last bit, as many are computed here, on nothing,
    for as long as those beside it lasted.

    Args:
        arena: where it is played; in reality, with environments that are `Alone`.
        look: returns what can be seen at present, of any shape.
        controller: (parameters,).
        seed: the episode's.
        beside: the steps of each episode that an evaluation played beside it.

    Returns:
        what was seen, (steps, …), and the episode.
    """
    seen: list[NDArray[Any]] = []
    score, end = 0.0, End.NONE
    arena.start([0], [seed], torch.from_numpy(controller[None]))
    while end is End.NONE:
        others = [slot for slot, steps in enumerate(beside, start=1) if steps > len(seen)]
        seen.append(look())
        rewards, ends = arena.step([0, *others])
        beat()
        score, end = score + float(rewards[0]), End(ends[0])
    return np.stack(seen), Episode(0, seed, len(seen), score, end)


def main(argv: list[str] | None = None) -> None:
    """Play one episode in the reference environment, or in the dream; write an animated GIF."""
    parser = make_parser(__doc__, task=False)
    parser.add_argument("--task", required=True, help="car_racing or take_cover")
    parser.add_argument("--environment", required=True, help="JSON of the section environment")
    parser.add_argument("--controller", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, help="M's model.safetensors")
    parser.add_argument("--dream", action="store_true", help="film it where it was evolved")
    parser.add_argument("--episode-seed", type=int, required=True, help="as in an evaluation's CSV")
    parser.add_argument("--output", type=Path, required=True, help="the GIF")
    parser.add_argument("--every", type=int, default=4, help="steps from picture to picture (4)")
    parser.add_argument("--scale", type=int, default=4, help="the GIF's pixels for one of V's (4)")
    exact = parser.add_argument_group("to play an evaluation's episode again, to the last bit")
    exact.add_argument("--slots", type=int, default=1, help="evaluation.slots")
    exact.add_argument(
        "--beside", type=int, nargs="*", default=[], metavar="STEPS",
        help="how long the others of its unit of work lasted",
    )  # fmt: skip
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task)
    recipe, controller = _checked(args, task)
    vision, _ = vision_model.load(args.vision, task.name)
    torch.set_num_threads(1)  # as an evaluation's workers
    with Watchdog(str(args.output), args.hung_after):
        seen, episode = _played(recipe.build(), controller, args.episode_seed, args.beside)
    seen = seen[:: args.every]
    pictures = decoded(vision, seen) if args.dream else side_by_side(seen, view_of(vision, seen))
    write_gif(args.output, pictures, args.every / STEPS_PER_SECOND[task.name], args.scale)
    end = episode.end.name.lower()
    print(f"{args.output}: score {episode.score:.2f}, {episode.steps} steps, {end}")


def _checked(args: Namespace, task: Task) -> tuple[ArenaRecipe, NDArray[np.float32]]:
    """Return where to play, and the controller, (parameters,), if all that is asked for agrees."""
    for name, fits in RANGES.items():
        if (value := getattr(args, name)) not in fits:
            option = f"--{name.replace('_', '-')} {value}"
            raise WorldModelsError(f"{option}: must be {fits.start} to {fits.stop - 1}")
    if args.slots <= len(args.beside):
        raise WorldModelsError(f"--slots {args.slots}: too few for the episodes --beside it")
    key = f"{task.name}.environment"
    environment = parse_settings(task.environment_settings, args.environment, key)
    controller, about = load(args.controller, task.name)
    check_models(args.controller, about, {"vision": args.vision, "memory": args.memory})
    temperature = about["temperature"] if args.dream else None
    if args.dream and temperature is None:
        raise WorldModelsError(f"{args.controller}: was not evolved in the dream; drop --dream")
    recipe = ArenaRecipe(
        task.name, environment, about["variant"], args.vision, args.memory, args.slots,
        temperature, reference=True,
    )  # fmt: skip
    check_size(args.controller, controller, recipe.policy().parameters)
    return recipe, controller


def _played(
    arena: Arena, controller: NDArray[np.float32], seed: int, beside: Sequence[int]
) -> tuple[NDArray[Any], Episode]:
    """Play in reality or in the dream; what is seen are frames there, latents here."""
    if isinstance(arena, RealArena):
        environments = arena.environments = Alone(arena.environments)

        def look() -> NDArray[Any]:
            return environments.frames[0].copy()
    else:
        assert isinstance(arena, DreamArena)
        dream = arena.dream

        def look() -> NDArray[Any]:
            return dream.z[0].numpy()

    try:
        return play(arena, look, controller, seed, beside)
    finally:
        arena.close()


if __name__ == "__main__":
    run(main)
