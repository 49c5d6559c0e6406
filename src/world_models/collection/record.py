"""Record one shard of rollouts, whoever acts: play episodes, write the store and its manifest."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from world_models.collection.settings import RolloutSettings
from world_models.errors import WorldModelsError
from world_models.execution.heartbeat import Watchdog, add_hung_after
from world_models.execution.progress import Progress
from world_models.play.actors import Actor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import Recorder, Rows
from world_models.rollouts.store import StoreWriter, write_manifest
from world_models.section import Section
from world_models.stage.log import LOG
from world_models.storage.files import atomic
from world_models.tasks.contract import VectorEnvironment

SLOTS = 8  # episodes side by side: drawing environments in batches is faster


@dataclass(frozen=True)
class Recording:
    """A shard to record.

    Attributes:
        task: the task's name. shard: the shard's number or name. run_seed: the run's seed.
        settings, environment: the sections `rollouts` and `environment`.
        seeds: the seeds of the episodes to play.
        manifest: the path of NAME.json; the store NAME.zarr is written beside it.
        hung_after: seconds without a step after which the stage ends itself.
        about: further facts for the manifest.
    """

    task: str
    shard: int | str
    run_seed: int
    settings: RolloutSettings
    environment: Section
    seeds: Sequence[int]
    manifest: Path
    hung_after: float
    about: dict[str, Any]

    @property
    def slots(self) -> int:
        """How many episodes are played side by side."""
        return min(SLOTS, len(self.seeds))


def add_recording_options(parser: ArgumentParser, shard: type) -> None:
    """Add the options that a `Recording` needs."""
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--settings", required=True, help="the rollouts section, as JSON")
    parser.add_argument("--shard", type=shard, required=True, help="the shard, for its manifest")
    parser.add_argument("--first", type=int, required=True, help="number of its first episode")
    parser.add_argument("--episodes", type=int, required=True, help="how many episodes to play")
    parser.add_argument(
        "--manifest", type=Path, required=True, help="NAME.json; NAME.zarr beside it"
    )
    add_hung_after(parser)


def numbers_of(first: int, episodes: int) -> range:
    """Return the numbers of the episodes that the options ask for.

    Raises:
        WorldModelsError: `episodes` is below 1, or `first` is below 0.
    """
    if first < 0:
        raise WorldModelsError(f"--first {first}: must be at least 0")
    if episodes < 1:
        raise WorldModelsError(f"--episodes {episodes}: must be at least 1")
    return range(first, first + episodes)


def record(recording: Recording, start: Callable[[], tuple[Actor, VectorEnvironment]]) -> None:
    """Play the episodes; write those longer than `min_length`, and the manifest.

    Args:
        recording: what to record.
        start: returns the actor (a controller is its candidate 0) and environments with the
            recording's number of slots, which are closed at the end.

    Raises:
        WorldModelsError: no episode is long enough. Nothing is written.
    """
    settings, store = recording.settings, recording.manifest.with_suffix(".zarr")
    kept, steps, returns = 0, 0, 0.0
    watchdog = Watchdog(str(store), recording.hung_after)
    actor, environments = start()
    title = f"{recording.task} shard {recording.shard}"
    try:
        with (
            watchdog,
            atomic(store) as temporary,
            Progress(title, len(recording.seeds), "episode") as progress,
        ):
            writer = StoreWriter(temporary)

            def keep(episode: Rows) -> None:
                nonlocal kept, steps, returns
                length = int(episode["lengths"][0])
                if length > settings.min_length:
                    writer.append(**episode)
                    kept, steps = kept + 1, steps + length
                    returns += float(episode["rewards"].sum())
                progress.advance(note=f"{steps} frames")

            assignments = [Assignment(0, seed) for seed in recording.seeds]
            play(actor, environments, assignments, [Recorder(keep)])
            if not kept:
                raise WorldModelsError(
                    f"{recording.task}.rollouts.min_length: none of shard {recording.shard}'s "
                    f"episodes is longer than {settings.min_length}; lower it or play more episodes"
                )
            writer.close()
    finally:
        environments.close()
    write_manifest(
        recording.manifest, store, "rollouts", recording.task,
        shard=recording.shard,
        episodes=kept,
        played=len(recording.seeds),
        steps=steps,
        mean_return=returns / kept,
        run_seed=recording.run_seed,
        settings=settings.model_dump(),
        environment=recording.environment.model_dump(),
        **recording.about,
    )  # fmt: skip
    LOG.info("%s: %d episodes, %d frames, mean return %.1f", store, kept, steps, returns / kept)
