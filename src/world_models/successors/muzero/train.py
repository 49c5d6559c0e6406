"""Train MuZero on a task."""

import torch

from world_models.section import parse_settings
from world_models.stage.command import run
from world_models.stage.log import start_log
from world_models.storage.checkpoints import round_to_half
from world_models.successors.command import (
    replay_folder,
    start_training,
    training_parser,
    weights_seed,
    write_curve_and_cost,
)
from world_models.successors.muzero.agent import Agent
from world_models.successors.muzero.checkpoint import choices_of, save
from world_models.successors.muzero.learner import MuzeroLearner
from world_models.successors.muzero.settings import MuzeroSettings
from world_models.successors.training import Training
from world_models.tasks import get_task

NAME = "muzero"


def main(argv: list[str] | None = None) -> None:
    """Train an agent; write the checkpoint, the curve and the cost."""
    parser = training_parser(__doc__)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(MuzeroSettings, args.settings, f"{task.name}.{NAME}")
    space = choices_of(task, settings, f"{task.name}.{NAME}.choices")
    device, snapshots = start_training(args, task, NAME, "muzero", settings)
    agent = Agent(settings, space)
    agent.initialise(torch.Generator().manual_seed(weights_seed(args, task, NAME)))
    learner = MuzeroLearner(agent.place(device))
    with replay_folder(args) as folder:
        training = Training(task, NAME, learner, settings, args.seed, snapshots, folder)
        training.run()
    round_to_half(agent)
    about = write_curve_and_cost(args, training, agent.network)
    save(args.output, task.name, agent, **about)


if __name__ == "__main__":
    run(main)
