"""Compare what a successor's model imagines from a moment of an episode with what happened."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from world_models.errors import WorldModelsError
from world_models.play.episodes import Assignment
from world_models.play.observers import Rows
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser
from world_models.stage.log import LOG, start_log
from world_models.storage.checkpoints import write_tensors
from world_models.successors.driver import play_round
from world_models.successors.evaluation import Load
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment, Task

SEEN, AHEAD = 20, 48  # actions before and after the moment, if the episode is that long
KIND = "futures"


class Imagined(NamedTuple):
    """What a model imagines after a moment, in one future or several.

    Attributes:
        frames: uint8 (futures, steps, 64, 64, 3); steps is 0 if the model draws no frames.
        rewards: float32 (futures, steps), one per action.
    """

    frames: NDArray[np.uint8]
    rewards: NDArray[np.float32]


class Futures(NamedTuple):
    """What happened after a moment, and what the model imagined.

    Attributes:
        frames: uint8 (steps + 1, 64, 64, 3): the moment's frame, then those that followed.
        rewards: float32 (steps,), the real ones, as the model learns them (e.g. their tanh).
        imagined: what the model imagined for the same actions.
        repeat: environment steps in a step.
    """

    frames: NDArray[np.uint8]
    rewards: NDArray[np.float32]
    imagined: Imagined
    repeat: int


Imagine = Callable[[Rows, int, int], tuple[NDArray[np.float32], Imagined]]
"""Maps an episode's rows, a moment's row number and a seed to the real rewards after the moment,
as the model learns them, and to what the model imagines for the remaining rows."""
LoadImagine = Callable[[Path, Task], Imagine]
"""Maps a checkpoint and its task to its model's `Imagine`."""


def write(path: Path, task: str, futures: Futures) -> None:
    """Write futures as one safetensors file, atomically."""
    tensors = {
        "frames": futures.frames,
        "rewards": futures.rewards,
        "imagined_frames": futures.imagined.frames,
        "imagined_rewards": futures.imagined.rewards,
    }
    # A single entry: the library orders several arbitrarily; equal futures must give equal files.
    header = {"about": json.dumps({"kind": KIND, "task": task, "repeat": futures.repeat})}
    write_tensors(path, {name: torch.from_numpy(each) for name, each in tensors.items()}, header)


def read(path: Path, task: str) -> Futures:
    """Read futures.

    Raises:
        WorldModelsError: the file is missing, damaged, or of another task.
    """
    try:
        with safe_open(path, framework="np") as file:
            about = json.loads((file.metadata() or {}).get("about", "{}"))
            if (about.get("kind"), about.get("task")) != (KIND, task):
                raise WorldModelsError(f"{path}: not imagined futures of {task}; make it again")
            frames, rewards, *imagined = (
                file.get_tensor(name)
                for name in ("frames", "rewards", "imagined_frames", "imagined_rewards")
            )
            return Futures(frames, rewards, Imagined(*imagined), int(about["repeat"]))
    except FileNotFoundError as error:
        raise WorldModelsError(f"{path}: missing; run the stage that makes it") from error
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise WorldModelsError(f"{path}: not readable ({error}); make it again") from error


def _shortened(task: Task, repeat: int) -> Task:
    """Return the task with a shorter time limit, as later steps are not shown."""
    steps = min(task.max_steps, (SEEN + AHEAD + 1) * repeat)
    return get_task(task.name, task.environment.model_copy(update={"max_steps": steps}))


def run_futures(
    load_actor: Load, load_imagine: LoadImagine, doc: str | None, argv: list[str] | None = None
) -> None:
    """Have an agent play an episode in the reference environment; imagine how it continues.

    Args:
        load_actor, load_imagine: load the agent. doc: describes the stage.
        argv: the command line.
    """
    parser = make_parser(doc)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--agent", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--output", type=Path, required=True, help="…/futures.safetensors")
    args = parser.parse_args(argv)
    start_log(args.log)
    torch.set_num_threads(1)  # rounding must not depend on the number of cores
    task = get_task(args.task, args.environment)
    seed = derive(args.seed, Purpose.FIGURES, task.name, KIND)
    actor, repeat = load_actor(args.agent, task, 1)
    environments = SyncVectorEnvironment([_shortened(task, repeat).make_environment()])
    try:
        _, (rows,) = play_round(
            actor, environments, [Assignment(0, seed)], task.action_size, repeat
        )
    finally:
        environments.close()
    moment = min(SEEN, (len(rows["frames"]) - 1) // 2)
    rows = {name: column[: moment + AHEAD + 1] for name, column in rows.items()}
    rewards, imagined = load_imagine(args.agent, task)(rows, moment, seed)
    write(args.output, task.name, Futures(rows["frames"][moment:], rewards, imagined, repeat))
    LOG.info("%s: %d steps after %d", args.output, len(rewards), moment)
