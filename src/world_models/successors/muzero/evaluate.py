"""Score MuZero on fresh episodes in the reference environment."""

from pathlib import Path

from world_models.play.actors import Actor
from world_models.stage.command import run
from world_models.successors.evaluation import evaluate
from world_models.successors.muzero.agent import MuzeroActor
from world_models.successors.muzero.checkpoint import load
from world_models.tasks.contract import Task


def load_actor(path: Path, task: Task, slots: int) -> tuple[Actor, int]:
    """Return a trained agent at play, and how many steps its actions are held for."""
    agent = load(path, task)
    return MuzeroActor(agent, slots, explores=False), agent.settings.action_repeat


def main(argv: list[str] | None = None) -> None:
    """Play the evaluation episodes; write one row an episode."""
    evaluate(load_actor, __doc__, argv)


if __name__ == "__main__":
    run(main)
