"""What a successor's model imagines, beside what came: from a moment of an episode of its agent."""

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

SEEN, AHEAD = 20, 48  # actions before the moment and after it, where the episode has so many
KIND = "futures"


class Imagined(NamedTuple):
    """What a model imagines after a moment, in one future or several.

    Attributes:
        frames: uint8 (futures, steps, 64, 64, 3); steps is 0 of a model that draws nothing.
        rewards: float32 (futures, steps), of each action.
    """

    frames: NDArray[np.uint8]
    rewards: NDArray[np.float32]


class Futures(NamedTuple):
    """What came after a moment, and what was imagined.

    Attributes:
        frames: uint8 (steps + 1, 64, 64, 3): the moment's own, then what came.
        rewards: float32 (steps,), as the model learnt them.
        imagined: by the model, for the same actions.
        repeat: environment steps in a step.
    """

    frames: NDArray[np.uint8]
    rewards: NDArray[np.float32]
    imagined: Imagined
    repeat: int


Imagine = Callable[[Rows, int, int], tuple[NDArray[np.float32], Imagined]]
"""From an episode's rows, a moment among them and a seed: the rewards that came, as the model
learnt them, and what it imagines of all that follows in the rows."""
LoadImagine = Callable[[Path, Task], Imagine]
"""From a checkpoint and its task to what its model imagines."""


def write(path: Path, task: str, futures: Futures) -> None:
    """Write futures as one safetensors file, atomically."""
    tensors = {
        "frames": futures.frames,
        "rewards": futures.rewards,
        "imagined_frames": futures.imagined.frames,
        "imagined_rewards": futures.imagined.rewards,
    }
    # One entry: the library writes several in any order, and the same futures are the same file.
    header = {"about": json.dumps({"kind": KIND, "task": task, "repeat": futures.repeat})}
    write_tensors(path, {name: torch.from_numpy(each) for name, each in tensors.items()}, header)


def read(path: Path, task: str) -> Futures:
    """Return futures.

    Raises:
        WorldModelsError: missing, damaged, or of another task.
    """
    try:
        with safe_open(path, framework="np") as file:
            about = json.loads((file.metadata() or {}).get("about", "{}"))
            if (about.get("kind"), about.get("task")) != (KIND, task):
                raise WorldModelsError(f"{path}: not imagined futures of {task}; make it anew")
            frames, rewards, *imagined = (
                file.get_tensor(name)
                for name in ("frames", "rewards", "imagined_frames", "imagined_rewards")
            )
            return Futures(frames, rewards, Imagined(*imagined), int(about["repeat"]))
    except FileNotFoundError as error:
        raise WorldModelsError(f"{path}: missing; run the stage that makes it") from error
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise WorldModelsError(f"{path}: not readable ({error}); make it anew") from error


def _shortened(task: Task, repeat: int) -> Task:
    """Return the task with an earlier time limit: nothing is shown of later steps."""
    steps = min(task.max_steps, (SEEN + AHEAD + 1) * repeat)
    return get_task(task.name, task.environment.model_copy(update={"max_steps": steps}))


def run_futures(
    load_actor: Load, load_imagine: LoadImagine, doc: str | None, argv: list[str] | None = None
) -> None:
    """Have an agent play an episode of the reference environment; imagine how it goes on.

    Args:
        load_actor, load_imagine: of the agent's kind. doc: describes the stage. argv: the options.
    """
    parser = make_parser(doc)
    parser.add_argument("--environment", required=True, help="JSON of the section environment")
    parser.add_argument("--agent", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--output", type=Path, required=True, help="…/futures.safetensors")
    args = parser.parse_args(argv)
    start_log(args.log)
    torch.set_num_threads(1)  # rounding must not depend on the cores
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
