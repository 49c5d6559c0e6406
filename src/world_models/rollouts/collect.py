"""Record one shard of rollouts: a behaviour policy plays, the store keeps what happened."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.files import atomic
from world_models.progress import LOG, Progress
from world_models.rollouts.settings import RolloutSettings
from world_models.rollouts.store import StoreWriter, write_manifest
from world_models.seeds import Purpose, derive
from world_models.stage import parser, run, settings_of, start_log
from world_models.tasks import get_task
from world_models.tasks.base import Behaviour, End, Environment

Episode = dict[str, NDArray[Any]]


def play(environment: Environment, act: Behaviour, seed: int) -> Episode:
    """Play one episode and return its rows.

    Row t has the frame seen, the action then taken and the reward which that action brought.

    Returns:
        frames: uint8, (T, 64, 64, 3); actions: float32, (T, action_size); rewards: float32, (T,);
        lengths, ends, seeds: one row.
    """
    frames, actions, rewards = [], [], []
    frame, end = environment.reset(seed), End.NONE
    while end is End.NONE:
        action = act()
        frames.append(frame)
        actions.append(action)
        frame, reward, end = environment.step(action)
        rewards.append(reward)
    return {
        "frames": np.stack(frames),
        "actions": np.stack(actions),
        "rewards": np.array(rewards, dtype=np.float32),
        "lengths": np.array([len(frames)], dtype=np.int64),
        "ends": np.array([end], dtype=np.uint8),
        "seeds": np.array([seed], dtype=np.int64),
    }


def main(argv: list[str] | None = None) -> None:
    """Play the episodes of one shard and write its store and manifest."""
    made = parser(__doc__)
    made.add_argument("--environment", required=True, help="JSON of the section environment")
    made.add_argument("--settings", required=True, help="JSON of the section rollouts")
    made.add_argument("--shard", type=int, required=True, help="number of the shard")
    made.add_argument("--manifest", type=Path, required=True, help="NNNN.json; NNNN.zarr beside it")
    asked = made.parse_args(argv)
    start_log(asked.log)
    task = get_task(asked.task)
    section = settings_of(task.environment_settings, asked.environment, f"{task.name}.environment")
    settings = settings_of(RolloutSettings, asked.settings, f"{task.name}.rollouts")
    numbers = settings.episodes_of(asked.shard)
    if not numbers:
        raise WorldModelsError(f"shard {asked.shard}: beyond the last, {settings.training_shards}")

    store = asked.manifest.with_suffix(".zarr")
    kept, steps, returns = 0, 0, 0.0
    environment = task.make_environment(section)
    try:
        with (
            atomic(store) as temporary,
            Progress(f"{task.name} shard {asked.shard}", len(numbers), "episode") as progress,
        ):
            writer = StoreWriter(temporary)
            for number in numbers:
                seed = derive(asked.seed, Purpose.COLLECTION, task.name, number)
                act = task.behaviour(settings.behaviour, np.random.default_rng(seed))
                episode = play(environment, act, seed)
                length = int(episode["lengths"][0])
                if length > settings.min_length:
                    writer.append(**episode)
                    kept, steps = kept + 1, steps + length
                    returns += float(episode["rewards"].sum())
                progress.advance(note=f"{steps} frames")
            if not kept:
                raise WorldModelsError(
                    f"{task.name}.rollouts.min_length: none of shard {asked.shard}'s episodes is "
                    f"longer than {settings.min_length}; lower it or play more episodes"
                )
            writer.close()
    finally:
        environment.close()
    write_manifest(
        asked.manifest, store, "rollouts", task.name,
        shard=asked.shard,
        episodes=kept,
        played=len(numbers),
        steps=steps,
        mean_return=returns / kept,
        run_seed=asked.seed,
        settings=settings.model_dump(),
        environment=section.model_dump(),
    )  # fmt: skip
    LOG.info(
        "%s: %d episodes, %d frames, mean return %.1f",
        store,
        kept,
        steps,
        returns / kept,
    )


if __name__ == "__main__":
    run(main)
