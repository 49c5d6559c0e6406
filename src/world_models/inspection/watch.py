"""Film a controller's episode: its frames beside V's reconstructions, or its dream."""

from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.spec import AgentSpec, load_agent
from world_models.errors import WorldModelsError
from world_models.execution.heartbeat import Watchdog, add_hung_after
from world_models.inspection.film import decoded, in_a_row, view_of, write_film
from world_models.play.actors import Actor
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.play.observers import Observer
from world_models.stage.command import make_parser, run
from world_models.stage.log import start_log
from world_models.tasks import get_task
from world_models.tasks.contract import End, Task, VectorEnvironment
from world_models.vision import model as vision_model

RANGES = {
    "every": range(1, 2101),
    "scale": range(1, 17),
    "slots": range(1, 1025),
    "episode_seed": range(2**31),
}


class Beside(VectorEnvironment):
    """One episode in the first slot, and placeholders of given lengths in the others.

    The batch size affects rounding, and games amplify the difference. To repeat an evaluation's
    episode bit for bit, each step must compute as many rows as it did then. The placeholders stand
    for the episodes that were played beside it, and need no environment.

    Args:
        inner: plays the one episode, in its first slot; its other slots never start.
        lengths: the steps of each placeholder. All end when the one episode does.
        batched: whether the environment computes in batches too, as a dream does. It is then given
            the placeholders' slots as well.
    """

    def __init__(self, inner: VectorEnvironment, lengths: Sequence[int], batched: bool) -> None:
        super().__init__(inner.slots, inner.observations)
        self.inner, self.batched = inner, batched
        self.left = np.array([0, *lengths], dtype=np.int64)

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin the one episode, if its slot is among these."""
        if 0 in slots:
            self.inner.start([0], [seeds[list(slots).index(0)]])
            self.observations = self.inner.observations

    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Take one step in the first slot, and count down the placeholders."""
        rewards, ends = self.inner.step(slots if self.batched else [0], actions)
        self.observations = self.inner.observations
        others = [slot for slot in slots if slot]
        self.left[others] -= 1
        over = [slot for slot in others if ends[0] != End.NONE or self.left[slot] == 0]
        ends[over] = End.TRUNCATED
        return rewards, ends

    def close(self) -> None:
        """Close the environments."""
        self.inner.close()


class Film(Observer):
    """Keeps what the first assignment shows before each step.

    Args:
        look: returns what a slot shows, from the observations of all slots.

    Attributes:
        seen: what `look` returned, one entry per step.
    """

    def __init__(self, look: Callable[[Any, int], NDArray[Any]]) -> None:
        self.look = look
        self.seen: list[NDArray[Any]] = []

    def before_step(self, playing: Mapping[int, int], observations: Any, actions: Any) -> None:
        """Keep what the first assignment's slot shows."""
        for slot, number in playing.items():
            if number == 0:
                self.seen.append(self.look(observations, slot))


def film(
    actor: Actor,
    environments: VectorEnvironment,
    seed: int,
    beside: Sequence[int],
    dream: bool,
) -> tuple[NDArray[Any], Episode]:
    """Play one episode in reality or in a dream, and close the environments.

    Args:
        seed: the episode's.
        beside: the steps of each episode that an evaluation played beside it.

    Returns:
        what was seen before each step, frames (steps, 64, 64, 3) in reality and latents
        (steps, latent_size) in a dream; and the episode.
    """

    def look(observations: Any, slot: int) -> NDArray[Any]:
        if dream:
            latent: NDArray[np.float32] = observations.z[slot].numpy()
            return latent
        return np.array(observations[slot])

    camera, place = Film(look), Beside(environments, beside, batched=dream)
    assignments = [Assignment(0, seed)] * (1 + len(beside))
    try:
        episode = play(actor, place, assignments, [camera])[0]
    finally:
        place.close()
    return np.stack(camera.seen), episode


def main(argv: list[str] | None = None) -> None:
    """Play one episode in the reference environment, or in the dream; write the film."""
    parser = make_parser(__doc__, task=False)
    parser.add_argument("--task", required=True, help="the task, as in config.yaml")
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--controller", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, help="M's model.safetensors")
    parser.add_argument(
        "--dream", action="store_true", help="film it in the dream that it evolved in"
    )
    parser.add_argument("--episode-seed", type=int, required=True, help="as in an evaluation's CSV")
    parser.add_argument("--output", type=Path, nargs="+", required=True, help="GIF, MP4")
    parser.add_argument("--every", type=int, default=4, help="steps from picture to picture (4)")
    parser.add_argument("--scale", type=int, default=4, help="the film's pixels for one of V's (4)")
    exact = parser.add_argument_group("to play an evaluation's episode again, to the last bit")
    exact.add_argument("--slots", type=int, default=1, help="evaluation.slots")
    exact.add_argument(
        "--beside", type=int, nargs="*", default=[], metavar="STEPS",
        help="lengths of the other episodes in its unit of work",
    )  # fmt: skip
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    spec, controller = _checked(args, task)
    vision, _ = vision_model.load(args.vision, task.name)
    torch.set_num_threads(1)  # as in an evaluation's workers
    with Watchdog(str(args.output[0]), args.hung_after):
        actor, environments = spec.build()
        actor.candidates = controller[None]
        seen, episode = film(actor, environments, args.episode_seed, args.beside, args.dream)
    seen = seen[:: args.every]
    pictures = decoded(vision, seen) if args.dream else in_a_row([seen, view_of(vision, seen)])
    for output in args.output:
        write_film(output, pictures, args.every / task.steps_per_second, args.scale)
    end = task.ends(episode.end, episode.last_reward)
    print(f"{args.output[0]}: score {episode.score:.2f}, {episode.steps} steps, {end}")


def _checked(args: Namespace, task: Task) -> tuple[AgentSpec, NDArray[np.float32]]:
    """Check the options; return the agent's spec and the controller, (parameters,)."""
    for name, fits in RANGES.items():
        if (value := getattr(args, name)) not in fits:
            option = f"--{name.replace('_', '-')} {value}"
            raise WorldModelsError(f"{option}: must be {fits.start} to {fits.stop - 1}")
    if args.slots <= len(args.beside):
        raise WorldModelsError(f"--slots {args.slots}: too few slots for the episodes in --beside")
    if any(steps < 1 for steps in args.beside):
        raise WorldModelsError(f"--beside {min(args.beside)}: an episode lasts at least 1 step")
    environment = task.environment
    controller, _, spec = load_agent(
        args.controller, task, environment, args.vision, args.memory, args.slots,
        dream=args.dream, reference=True, fast=False,
    )  # fmt: skip
    return spec, controller


if __name__ == "__main__":
    run(main)
