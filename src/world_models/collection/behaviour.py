"""Record one shard of rollouts played by a behaviour policy, which sees nothing."""

import numpy as np

from world_models.collection.record import Recording, add_recording_options, numbers_of, record
from world_models.collection.settings import RolloutSettings
from world_models.play.actors import Actor, BehaviourActor
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import start_log
from world_models.tasks import get_task
from world_models.tasks.contract import VectorEnvironment
from world_models.tasks.looks import in_both_looks


def main(argv: list[str] | None = None) -> None:
    """Play the episodes of one shard and write its store and manifest."""
    parser = make_parser(__doc__)
    add_recording_options(parser, shard=int)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    section = task.environment
    settings = parse_settings(RolloutSettings, args.settings, f"{task.name}.rollouts")
    if settings.looks == "both":
        task = in_both_looks(task)
    task.behaviour(settings.behaviour, np.random.default_rng(0))  # rejects unknown names
    seeds = [
        derive(args.seed, Purpose.COLLECTION, task.name, number)
        for number in numbers_of(args.first, args.episodes)
    ]
    recording = Recording(
        task.name, args.shard, args.seed, settings, section, seeds, args.manifest, args.hung_after,
        about={},
    )  # fmt: skip

    def start() -> tuple[Actor, VectorEnvironment]:
        behaviour = task.behaviours[settings.behaviour]
        actor = BehaviourActor(behaviour, recording.slots, task.action_size)
        return actor, task.make_training(recording.slots)

    record(recording, start)


if __name__ == "__main__":
    run(main)
