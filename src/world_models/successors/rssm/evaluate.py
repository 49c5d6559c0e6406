"""Score PlaNet or a Dreamer on fresh episodes in the reference environment."""

from pathlib import Path

from world_models.play.actors import Actor
from world_models.stage.command import run
from world_models.successors.evaluation import evaluate
from world_models.successors.rssm.agent import RssmActor
from world_models.successors.rssm.checkpoint import load
from world_models.tasks.contract import Task


def load_actor(path: Path, task: Task, slots: int) -> tuple[Actor, int]:
    """Return an actor that plays a trained agent, and how long it holds each action."""
    agent, _, _ = load(path, task)
    return RssmActor(agent, slots, explores=False), agent.settings.action_repeat


def main(argv: list[str] | None = None) -> None:
    """Play the evaluation episodes; write one row per episode."""
    evaluate(load_actor, __doc__, argv)


if __name__ == "__main__":
    run(main)
