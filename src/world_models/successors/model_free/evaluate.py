"""Score PPO on fresh episodes in the reference environment."""

from pathlib import Path

from world_models.play.actors import Actor
from world_models.stage.command import run
from world_models.successors.evaluation import evaluate
from world_models.successors.model_free.agent import PpoActor
from world_models.successors.model_free.checkpoint import load
from world_models.tasks.contract import Task


def load_actor(path: Path, task: Task, slots: int) -> tuple[Actor, int]:
    """Return a trained agent at play, and how many steps its actions are held for."""
    policy, settings, space = load(path, task)
    actor = PpoActor(policy, settings, space, slots, settings.evaluates_mode)
    return actor, settings.action_repeat


def main(argv: list[str] | None = None) -> None:
    """Play the evaluation episodes; write one row an episode."""
    evaluate(load_actor, __doc__, argv)


if __name__ == "__main__":
    run(main)
