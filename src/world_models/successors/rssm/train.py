"""Train PlaNet or Dreamer 1, 2 or 3 on a task."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.provenance.imports import progress_digest
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import run
from world_models.stage.devices import choose
from world_models.stage.log import LOG, start_log
from world_models.storage.checkpoints import round_to_half
from world_models.storage.snapshots import Snapshots
from world_models.successors.actions import action_space
from world_models.successors.command import training_parser, write_curve_and_cost
from world_models.successors.driver import Flag
from world_models.successors.replay import Replay
from world_models.successors.rssm.agent import Agent
from world_models.successors.rssm.checkpoint import save
from world_models.successors.rssm.learner import RssmLearner
from world_models.successors.rssm.presets import PRESETS
from world_models.successors.training import Training
from world_models.tasks import get_task

FIRST_FRAMES = 200  # that dreams choose from


def first_frames(replay: Replay) -> NDArray[np.uint8]:
    """Return the newest episodes' first frames, uint8 (k, 64, 64, 3)."""
    places = np.flatnonzero(replay.column("flags") & Flag.FIRST)[-FIRST_FRAMES:]
    return replay.column("frames", places)


def main(argv: list[str] | None = None) -> None:
    """Train an agent; write the checkpoint, the curve, and what it took."""
    parser = training_parser(__doc__)
    parser.add_argument("--preset", required=True, choices=list(PRESETS), help="whose settings")
    args = parser.parse_args(argv)
    start_log(args.log)
    task, name = get_task(args.task, args.environment), args.preset
    settings = parse_settings(PRESETS[name], args.settings, f"{task.name}.{name}")
    space = action_space(task, settings.choices, f"{task.name}.{name}.choices")
    device = choose(args.device)
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(device.type == "cpu")

    fingerprint = {
        "task": task.name,
        "environment": task.environment.counted(),
        "preset": name,
        "settings": settings.model_dump(),
        "seed": args.seed,
        "device": device.type,
        "code": progress_digest("world_models.successors.rssm.train",
                                f"world_models.tasks.{task.kind}"),
    }  # fmt: skip
    agent = Agent(settings, space)
    weights = derive(args.seed, Purpose.TRAINING, task.name, name, "weights")
    agent.initialise(torch.Generator().manual_seed(weights))
    learner = RssmLearner(agent.place(device))
    snapshots = Snapshots(args.progress, fingerprint, args.save_every)
    scratch = args.progress or Path(tempfile.mkdtemp(prefix="replay-", dir=args.output.parent))
    try:
        training = Training(task, name, learner, settings, args.seed, snapshots, scratch / "replay")
        training.run()
        frames = first_frames(training.replay)
    finally:
        if args.progress is None:
            shutil.rmtree(scratch, ignore_errors=True)
    count = training.count
    round_to_half(agent)
    write_curve_and_cost(args, task.name, name, training, settings.threads)
    save(
        args.output, task.name, agent, frames,
        preset=name,
        action_size=space.action_size,
        run_seed=args.seed,
        steps=count.steps,
        updates=count.updates,
        parameters=sum(parameter.numel() for parameter in agent.parameters()),
    )  # fmt: skip
    LOG.info("%s: %d steps, %d updates", args.output, count.steps, count.updates)


if __name__ == "__main__":
    run(main)
