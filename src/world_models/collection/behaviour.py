"""Record one shard of rollouts: a behaviour policy plays, the store keeps what happened."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.collection.settings import RolloutSettings
from world_models.errors import WorldModelsError
from world_models.execution.heartbeat import Watchdog, add_hung_after, beat
from world_models.execution.progress import Progress
from world_models.rollouts.store import StoreWriter, write_manifest
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, parse_settings, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import atomic
from world_models.tasks import get_task
from world_models.tasks.contract import Behaviour, End, VectorEnvironment

Episode = dict[str, NDArray[Any]]
SLOTS = 8  # episodes side by side: EnvPool is faster in batches


@dataclass
class Recording:
    """An episode that is going on: its number and seed, who acts, and its rows so far."""

    number: int
    seed: int
    act: Behaviour
    frames: list[NDArray[np.uint8]] = field(default_factory=list)
    actions: list[NDArray[np.float32]] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)

    def episode(self, end: End) -> Episode:
        """Return the rows of the finished episode."""
        return {
            "frames": np.stack(self.frames),
            "actions": np.stack(self.actions),
            "rewards": np.array(self.rewards, dtype=np.float32),
            "lengths": np.array([len(self.frames)], dtype=np.int64),
            "ends": np.array([end], dtype=np.uint8),
            "seeds": np.array([self.seed], dtype=np.int64),
        }


def play(
    environments: VectorEnvironment, policies: Iterable[tuple[int, Behaviour]]
) -> Iterator[Episode]:
    """Play episodes side by side; yield them in the order of `policies`.

    Row t of an episode has the frame seen, the action then taken and the reward which that action
    brought.

    Args:
        environments: as many episodes go on at a time as it has slots.
        policies: each episode's seed, and who acts in it.

    Yields:
        frames: uint8, (T, 64, 64, 3); actions: float32, (T, action_size); rewards: float32, (T,);
        lengths, ends, seeds: one row.
    """
    waiting = enumerate(policies)
    playing: dict[int, Recording] = {}
    finished: dict[int, Episode] = {}
    due = 0  # the number of the episode to yield next
    while True:
        idle = [slot for slot in range(environments.slots) if slot not in playing]
        new = dict(zip(idle, waiting, strict=False))
        playing |= {slot: Recording(n, seed, act) for slot, (n, (seed, act)) in new.items()}
        if new:
            environments.start(list(new), [seed for _, (seed, _) in new.values()])
        if not playing:
            return
        slots = sorted(playing)
        actions = {slot: playing[slot].act() for slot in slots}
        for slot in slots:
            playing[slot].frames.append(environments.frames[slot].copy())
            playing[slot].actions.append(actions[slot])
        whole = np.zeros((environments.slots, len(actions[slots[0]])), dtype=np.float32)
        whole[slots] = [actions[slot] for slot in slots]
        rewards, ends = environments.step(slots, whole)
        beat()
        for slot in slots:
            playing[slot].rewards.append(rewards[slot])
            if ends[slot] != End.NONE:
                recording = playing.pop(slot)
                finished[recording.number] = recording.episode(End(ends[slot]))
        while due in finished:
            yield finished.pop(due)
            due += 1


def main(argv: list[str] | None = None) -> None:
    """Play the episodes of one shard and write its store and manifest."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="JSON of the section environment")
    parser.add_argument("--settings", required=True, help="JSON of the section rollouts")
    parser.add_argument("--shard", type=int, required=True, help="number of the shard")
    parser.add_argument(
        "--manifest", type=Path, required=True, help="NNNN.json; NNNN.zarr beside it"
    )
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task)
    section = parse_settings(
        task.environment_settings, args.environment, f"{task.name}.environment"
    )
    settings = parse_settings(RolloutSettings, args.settings, f"{task.name}.rollouts")
    numbers = settings.episodes_of(args.shard)
    if not numbers:
        raise WorldModelsError(f"shard {args.shard}: beyond the last, {settings.training_shards}")

    store = args.manifest.with_suffix(".zarr")
    kept, steps, returns = 0, 0, 0.0
    torch.set_num_threads(1)  # shards are collected side by side
    seeds = [derive(args.seed, Purpose.COLLECTION, task.name, number) for number in numbers]
    policies = [
        (seed, task.behaviour(settings.behaviour, np.random.default_rng(seed))) for seed in seeds
    ]
    watchdog = Watchdog(str(store), args.hung_after)
    environments = task.make_training(section, min(SLOTS, len(seeds)))
    try:
        with (
            watchdog,
            atomic(store) as temporary,
            Progress(f"{task.name} shard {args.shard}", len(numbers), "episode") as progress,
        ):
            writer = StoreWriter(temporary)
            for episode in play(environments, policies):
                length = int(episode["lengths"][0])
                if length > settings.min_length:
                    writer.append(**episode)
                    kept, steps = kept + 1, steps + length
                    returns += float(episode["rewards"].sum())
                progress.advance(note=f"{steps} frames")
            if not kept:
                raise WorldModelsError(
                    f"{task.name}.rollouts.min_length: none of shard {args.shard}'s episodes is "
                    f"longer than {settings.min_length}; lower it or play more episodes"
                )
            writer.close()
    finally:
        environments.close()
    write_manifest(
        args.manifest, store, "rollouts", task.name,
        shard=args.shard,
        episodes=kept,
        played=len(numbers),
        steps=steps,
        mean_return=returns / kept,
        run_seed=args.seed,
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
