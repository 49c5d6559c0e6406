"""Train PPO on a task."""

from world_models.section import parse_settings
from world_models.stage.command import run
from world_models.stage.log import start_log
from world_models.storage.checkpoints import round_to_half
from world_models.successors.actions import action_space
from world_models.successors.command import (
    start_training,
    training_parser,
    weights_seed,
    write_curve_and_cost,
)
from world_models.successors.model_free.agent import make_ppo
from world_models.successors.model_free.checkpoint import save
from world_models.successors.model_free.learner import PpoLearner
from world_models.successors.model_free.on_policy import OnPolicy
from world_models.successors.model_free.settings import PpoSettings
from world_models.tasks import get_task

NAME = "ppo"


def main(argv: list[str] | None = None) -> None:
    """Train an agent; write the checkpoint, the curve and the cost."""
    parser = training_parser(__doc__)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(PpoSettings, args.settings, f"{task.name}.{NAME}")
    space = action_space(task, settings.choices, f"{task.name}.{NAME}.choices")
    device, snapshots = start_training(args, task, NAME, "model_free", settings)
    learner = PpoLearner(
        make_ppo(settings, space, device, weights_seed(args, task, NAME)), settings, space
    )
    training = OnPolicy(task, NAME, learner, settings, args.seed, snapshots)
    training.run()
    policy = learner.policy
    round_to_half(policy)
    about = write_curve_and_cost(args, training, policy)
    save(args.output, task.name, policy, settings, **about)


if __name__ == "__main__":
    run(main)
