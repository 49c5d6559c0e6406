"""Train PPO on a task."""

import torch

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
from world_models.successors.model_free.agent import make_ppo
from world_models.successors.model_free.checkpoint import save
from world_models.successors.model_free.learner import PpoLearner
from world_models.successors.model_free.settings import PpoSettings
from world_models.successors.model_free.training import OnPolicy
from world_models.tasks import get_task

NAME = "ppo"


def main(argv: list[str] | None = None) -> None:
    """Train an agent; write the checkpoint, the curve, and what it took."""
    parser = training_parser(__doc__)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(PpoSettings, args.settings, f"{task.name}.{NAME}")
    space = action_space(task, settings.choices, f"{task.name}.{NAME}.choices")
    device = choose(args.device)
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(device.type == "cpu")

    fingerprint = {
        "task": task.name,
        "environment": task.environment.counted(),
        "settings": settings.model_dump(),
        "seed": args.seed,
        "device": device.type,
        "code": progress_digest("world_models.successors.model_free.train",
                                f"world_models.tasks.{task.kind}"),
    }  # fmt: skip
    weights = derive(args.seed, Purpose.TRAINING, task.name, NAME, "weights")
    learner = PpoLearner(make_ppo(settings, space, device, weights), settings, space)
    snapshots = Snapshots(args.progress, fingerprint, args.save_every)
    training = OnPolicy(task, NAME, learner, settings, args.seed, snapshots)
    training.run()
    count, policy = training.count, learner.policy
    round_to_half(policy)
    write_curve_and_cost(args, task.name, NAME, training, settings.threads)
    save(
        args.output, task.name, policy, settings,
        run_seed=args.seed,
        steps=count.steps,
        updates=count.updates,
        parameters=sum(parameter.numel() for parameter in policy.parameters()),
    )  # fmt: skip
    LOG.info("%s: %d steps, %d updates", args.output, count.steps, count.updates)


if __name__ == "__main__":
    run(main)
