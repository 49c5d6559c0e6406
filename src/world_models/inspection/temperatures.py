"""Film one start, dreamt at several temperatures: the same first frame, actions and noise."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.inspection.film import beside, decoded, write_film
from world_models.inspection.watch import Film
from world_models.memory import model as memory_model
from world_models.memory.model import Initial, Memory
from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import start_log
from world_models.tasks import get_task
from world_models.tasks.contract import Task
from world_models.vision import model as vision_model
from world_models.vision.model import Vision
from world_models.world_model.vision_memory import VisionMemory

TEMPERATURES, STEPS = (0.1, 1.0, 1.3), 300


def dreamt(
    task: Task, memory: Memory, initial: Initial, temperature: float, seed: int, steps: int
) -> NDArray[np.float32]:
    """Return the latents of one dream of the random policy, (at most `steps`, latent_size)."""
    model = VisionMemory(None, memory, initial, 1)
    camera = Film(lambda observations, slot: observations.z[slot].numpy().copy())
    actor = BehaviourActor(task.behaviours[task.random_behaviour], 1, task.action_size)
    play(actor, Dream(model, temperature, steps), [Assignment(0, seed)], [camera])
    return np.stack(camera.seen)


def one_start(
    task: Task,
    vision: Vision,
    memory: Memory,
    initial: Initial,
    run_seed: int,
    every: int,
    temperatures: Sequence[float] = TEMPERATURES,
    steps: int = STEPS,
) -> NDArray[np.uint8]:
    """Return the film: a dream at each temperature, side by side, one picture in `every` steps.

    Args:
        run_seed: the run's seed, from which the start, the actions and the noise derive.
        steps: the dreams' time limit.

    Returns:
        pictures, (n, height, width, 3).
    """
    seed = derive(run_seed, Purpose.FIGURES, task.name, "temperatures")
    dreams = (dreamt(task, memory, initial, each, seed, steps)[::every] for each in temperatures)
    return beside([decoded(vision, each) for each in dreams])


def main(argv: list[str] | None = None) -> None:
    """Write the film as files."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, required=True, help="M's model.safetensors")
    parser.add_argument("--temperatures", type=float, nargs="+", default=TEMPERATURES)
    parser.add_argument("--steps", type=int, default=STEPS, help=f"at most ({STEPS})")
    parser.add_argument("--every", type=int, default=2, help="steps from picture to picture (2)")
    parser.add_argument("--output", type=Path, nargs="+", required=True, help="GIF or MP4 files")
    args = parser.parse_args(argv)
    start_log(args.log)
    if min(args.steps, args.every) < 1:
        raise WorldModelsError(f"--steps {args.steps} --every {args.every}: must be at least 1")
    task = get_task(args.task, args.environment)
    vision, _ = vision_model.load(args.vision, task.name)
    memory, initial, _ = memory_model.load(args.memory, task.name)
    torch.set_num_threads(1)
    pictures = one_start(
        task, vision, memory, initial, args.seed, args.every, args.temperatures, args.steps
    )
    for output in args.output:
        write_film(output, pictures, args.every / task.steps_per_second, enlarge=3)


if __name__ == "__main__":
    run(main)
