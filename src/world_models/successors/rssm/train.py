"""Train PlaNet or Dreamer 1, 2 or 3 on a task."""

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.section import parse_settings
from world_models.stage.command import run
from world_models.stage.log import start_log
from world_models.storage.checkpoints import round_to_half
from world_models.successors.actions import action_space
from world_models.successors.command import (
    replay_folder,
    start_training,
    training_parser,
    weights_seed,
    write_curve_and_cost,
)
from world_models.successors.driver import Flag
from world_models.successors.replay import Replay
from world_models.successors.rssm.agent import Agent
from world_models.successors.rssm.checkpoint import save
from world_models.successors.rssm.learner import RssmLearner
from world_models.successors.rssm.presets import PRESETS
from world_models.successors.training import Training
from world_models.tasks import get_task

FIRST_FRAMES = 200  # for dreams to choose from


def first_frames(replay: Replay) -> NDArray[np.uint8]:
    """Return the newest episodes' first frames, uint8 (k, 64, 64, 3)."""
    places = np.flatnonzero(replay.column("flags") & Flag.FIRST)[-FIRST_FRAMES:]
    return replay.column("frames", places)


def main(argv: list[str] | None = None) -> None:
    """Train an agent; write the checkpoint, the curve and the cost."""
    parser = training_parser(__doc__)
    parser.add_argument(
        "--preset", required=True, choices=list(PRESETS), help="the method whose settings to use"
    )
    args = parser.parse_args(argv)
    start_log(args.log)
    task, name = get_task(args.task, args.environment), args.preset
    settings = parse_settings(PRESETS[name], args.settings, f"{task.name}.{name}")
    space = action_space(task, settings.choices, f"{task.name}.{name}.choices")
    device, snapshots = start_training(args, task, name, "rssm", settings)
    agent = Agent(settings, space)
    agent.initialise(torch.Generator().manual_seed(weights_seed(args, task, name)))
    learner = RssmLearner(agent.place(device))
    with replay_folder(args) as folder:
        training = Training(task, name, learner, settings, args.seed, snapshots, folder)
        training.run()
        frames = first_frames(training.replay)
    round_to_half(agent)
    about = write_curve_and_cost(args, training, agent)
    save(args.output, task.name, agent, frames, preset=name, action_size=space.action_size, **about)


if __name__ == "__main__":
    run(main)
