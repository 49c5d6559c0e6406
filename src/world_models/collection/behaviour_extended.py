"""Record one shard of rollouts in which every second episode, by its seed, looks otherwise."""

from typing import Any

from world_models.collection import behaviour as stage
from world_models.collection.extended import ExtendedRolloutSettings
from world_models.replaced import replaced
from world_models.stage.command import run
from world_models.tasks import get_task
from world_models.tasks.contract import Task
from world_models.tasks.looks import in_both_looks


def main(argv: list[str] | None = None) -> None:
    """Run `world_models.collection.behaviour` in both looks; options and files are the same."""

    def task(*arguments: Any) -> Task:
        return in_both_looks(get_task(*arguments))

    with replaced(stage, get_task=task, RolloutSettings=ExtendedRolloutSettings):
        stage.main(argv)


if __name__ == "__main__":
    run(main)
