"""Train MuZero on a task."""

import shutil
import tempfile
from pathlib import Path

import torch

from world_models.provenance.imports import progress_digest
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import run
from world_models.stage.devices import choose
from world_models.stage.log import LOG, start_log
from world_models.storage.checkpoints import round_to_half
from world_models.storage.snapshots import Snapshots
from world_models.successors.command import training_parser, write_curve_and_cost
from world_models.successors.muzero.agent import Agent
from world_models.successors.muzero.checkpoint import choices_of, save
from world_models.successors.muzero.learner import MuzeroLearner
from world_models.successors.muzero.settings import MuzeroSettings
from world_models.successors.training import Training
from world_models.tasks import get_task

NAME = "muzero"


def main(argv: list[str] | None = None) -> None:
    """Train an agent; write the checkpoint, the curve, and what it took."""
    parser = training_parser(__doc__)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(MuzeroSettings, args.settings, f"{task.name}.{NAME}")
    space = choices_of(task, settings, f"{task.name}.{NAME}.choices")
    device = choose(args.device)
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(device.type == "cpu")

    fingerprint = {
        "task": task.name,
        "environment": task.environment.counted(),
        "settings": settings.model_dump(),
        "seed": args.seed,
        "device": device.type,
        "code": progress_digest("world_models.successors.muzero.train",
                                f"world_models.tasks.{task.kind}"),
    }  # fmt: skip
    agent = Agent(settings, space)
    weights = derive(args.seed, Purpose.TRAINING, task.name, NAME, "weights")
    agent.initialise(torch.Generator().manual_seed(weights))
    learner = MuzeroLearner(agent.place(device))
    snapshots = Snapshots(args.progress, fingerprint, args.save_every)
    scratch = args.progress or Path(tempfile.mkdtemp(prefix="replay-", dir=args.output.parent))
    try:
        training = Training(task, NAME, learner, settings, args.seed, snapshots, scratch / "replay")
        training.run()
    finally:
        if args.progress is None:
            shutil.rmtree(scratch, ignore_errors=True)
    count = training.count
    round_to_half(agent)
    write_curve_and_cost(args, task.name, NAME, training, settings.threads)
    save(
        args.output, task.name, agent,
        run_seed=args.seed,
        steps=count.steps,
        updates=count.updates,
        parameters=sum(parameter.numel() for parameter in agent.network.parameters()),
    )  # fmt: skip
    LOG.info("%s: %d steps, %d updates", args.output, count.steps, count.updates)


if __name__ == "__main__":
    run(main)
