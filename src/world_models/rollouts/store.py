"""The store: one sharded Zarr v3 group and one small manifest per job.

A store holds whole episodes laid end to end. `frames`, `actions` and `rewards` have a row for each
step; `lengths`, `ends` and `seeds` have a row for each episode. Row t of an episode has the frame
seen, the action then taken, and the reward for that action. The frame after the last action is not
kept (a death has none). Stores of latents have `mu` and `log_sigma2` instead of `frames`, and
copies of the other arrays, so M needs nothing else.

The manifest `0007.json` beside `0007.zarr` has counts, settings and the digest of the content.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec

from world_models.errors import WorldModelsError
from world_models.rollouts import layout
from world_models.storage.files import atomic, digest, read_json, write_json
from world_models.tasks.contract import End

ROWS_PER_CHUNK = 64  # read and decompressed together: a second or two of play
ROWS_PER_SHARD = 8192  # one file; a multiple of ROWS_PER_CHUNK

EPISODE_ARRAYS = layout.BY_EPISODE
ENDS = {End.TERMINATED, End.TRUNCATED}


class StoreWriter:
    """Appends rows to the arrays of a new store, a whole Zarr shard at a time."""

    def __init__(self, path: Path) -> None:
        self.group = zarr.create_group(zarr.storage.LocalStore(path), zarr_format=3)
        self.pending: dict[str, list[NDArray[Any]]] = {}
        self.count: dict[str, int] = {}

    def append(self, **rows: NDArray[Any]) -> None:
        """Add rows (axis 0) to the named arrays."""
        for name, values in rows.items():
            self.pending.setdefault(name, []).append(values)
            self.count[name] = self.count.get(name, 0) + len(values)
            if sum(len(part) for part in self.pending[name]) >= ROWS_PER_SHARD:
                self._flush(name, ROWS_PER_SHARD)

    def close(self) -> None:
        """Write the pending rows."""
        for name in self.pending:
            self._flush(name, 1)

    def _flush(self, name: str, multiple: int) -> None:
        rows = np.concatenate(self.pending[name])
        whole = len(rows) - len(rows) % multiple
        self.pending[name] = [rows[whole:]]
        if whole == 0:
            return
        if name not in self.group:
            self.group.create_array(
                name,
                shape=(0, *rows.shape[1:]),
                dtype=rows.dtype,
                chunks=(ROWS_PER_CHUNK, *rows.shape[1:]),
                shards=(ROWS_PER_SHARD, *rows.shape[1:]),
                compressors=BloscCodec(cname="zstd", clevel=3, shuffle="shuffle"),
            )
        array = self.group[name]
        assert isinstance(array, zarr.Array)
        array.append(rows[:whole])


def write_manifest(manifest: Path, store: Path, kind: str, task: str, **facts: Any) -> None:
    """Write the manifest of `store`, a finished folder beside it, as `Shard` requires."""
    content = {"kind": kind, "task": task, "format": 1, "store": store.name}
    write_json(manifest, {**content, "sha256": digest(store), **facts})


class Shard:
    """A finished store, opened by its manifest and checked against it.

    Attributes:
        about: the manifest's content.
        lengths, ends, seeds: one row for each episode (int64, uint8 as in `End`, int64).
        starts: the row at which each episode begins.
        actions: float32, (steps, action_size). rewards: float32, (steps,).
        rows: the arrays that stay in the store and are read in parts: `frames` (uint8,
            (steps, 64, 64, 3)), or `mu` and `log_sigma2` (float32, (steps, latent_size)).

    Raises:
        WorldModelsError: manifest or store missing, truncated, altered, empty or of another task.
    """

    def __init__(self, manifest: Path, kind: str, task: str) -> None:
        self.path = manifest
        self.about = read_json(manifest, kind, task)
        store = manifest.parent / Path(str(self.about.get("store"))).name
        if not store.is_dir():
            raise WorldModelsError(f"{store}: missing; fetch it or run its stage again")
        if digest(store) != self.about.get("sha256"):
            raise WorldModelsError(
                f"{store}: content differs from the digest in {manifest.name} (truncated or "
                "altered); delete both and run its stage again"
            )
        layout.check(store, kind)
        try:
            # No other format and no consolidated metadata: open only what has been checked.
            group = zarr.open_group(
                zarr.storage.LocalStore(store, read_only=True),
                mode="r",
                zarr_format=3,
                use_consolidated=False,
            )
            arrays: dict[str, Any] = {name: group[name] for name in layout.ARRAYS[kind]}
            self.lengths, self.ends, self.seeds = (arrays[n][:] for n in EPISODE_ARRAYS)
            self.actions, self.rewards = arrays["actions"][:], arrays["rewards"][:]
        except Exception as error:  # Zarr and its filters raise many types
            cause = " ".join(f"{type(error).__name__}: {error}".split())
            raise WorldModelsError(
                f"{store}: not readable ({cause}); delete it and run its stage again"
            ) from error
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.rows = {
            name: array
            for name, array in arrays.items()
            if name not in (*EPISODE_ARRAYS, "actions", "rewards")
        }
        self._check(store)

    def _check(self, store: Path) -> None:
        """Raise a WorldModelsError unless the values are in range and the counts are consistent."""
        by_step = {**self.rows, "actions": self.actions, "rewards": self.rewards}
        by_episode = {"ends": self.ends, "seeds": self.seeds}
        counts = {
            **{name: (array.shape[0], self.steps) for name, array in by_step.items()},
            **{name: (len(array), len(self.lengths)) for name, array in by_episode.items()},
            "steps": (self.about.get("steps", self.steps), self.steps),
            "episodes": (self.about.get("episodes", len(self.lengths)), len(self.lengths)),
        }
        faults = [
            f"{name} has {found} rows, not {due}"
            for name, (found, due) in counts.items()
            if found != due
        ]
        if self.lengths.min() < 1 or not set(np.unique(self.ends)) <= ENDS:
            faults.append("lengths or ends of episodes are out of range")
        for name in ("actions", "rewards"):
            if not np.isfinite(getattr(self, name)).all():
                faults.append(f"{name} has values that are not finite")
        if faults:
            raise WorldModelsError(f"{store}: {faults[0]}; delete it and run its stage again")

    @property
    def steps(self) -> int:
        """The number of steps in all episodes."""
        return int(self.lengths.sum())

    def episode(self, number: int) -> slice:
        """Return the rows of an episode, given its number within this shard."""
        start = int(self.starts[number])
        return slice(start, start + int(self.lengths[number]))


def open_shards(manifests: Sequence[Path], kind: str, task: str) -> list[Shard]:
    """Open several shards, sorted by name.

    Raises:
        WorldModelsError: there are none, or as for `Shard`.
    """
    if not manifests:
        raise WorldModelsError(f"no {kind} given; name at least one manifest")
    return [Shard(path, kind, task) for path in sorted(manifests)]


def write_store(
    manifest: Path,
    kind: str,
    task: str,
    parts: "Sequence[Mapping[str, NDArray[Any]]]",
    **facts: Any,
) -> None:
    """Write a store and its manifest from parts that are already in memory."""
    store = manifest.with_suffix(".zarr")
    with atomic(store) as temporary:
        writer = StoreWriter(temporary)
        for part in parts:
            writer.append(**part)
        writer.close()
    write_manifest(manifest, store, kind, task, **facts)
