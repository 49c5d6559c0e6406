"""Recorded latents, unpacked for random access."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.rollouts.store import ROWS_PER_SHARD, Shard, open_shards
from world_models.tasks.contract import End


class Latents:
    """Whole episodes of latents, from one or several stores.

    Decompressing an episode takes longer than learning from it on a GPU. So μ and log σ² are
    unpacked once, shard by shard, into a temporary file of 8 bytes per step and latent dimension.
    The file has no name, so it disappears with the process, even if the process is killed. It is
    memory-mapped: the system keeps as much of it in memory as fits.

    Args:
        manifests: the manifests of stores of kind "latents", in any order.
        task: the task they must belong to.
        scratch: the folder for the temporary file.

    Attributes:
        shards: the opened stores.
        latent_size: dimensions of a latent.
        vision: digest of the V that made the latents; None if the stores don't name it.
        lengths, starts: (episodes,), each episode's number of rows and its first row; rows are
            numbered across all stores.
        actions, rewards: float32, (rows, action_size) and (rows,).
        gaussians: μ and log σ², float32, (rows, 2, latent_size).
        first, last, dies: bool, (rows,): whether the row is its episode's first, its last, and
            whether its action terminated the episode (in Take Cover, a death).

    Raises:
        WorldModelsError: as `Shard`; stores encoded with different Vs; a value that is not finite;
            no episode of two steps or more; no disk space for the temporary file.
    """

    def __init__(self, manifests: Sequence[Path], task: str, scratch: Path) -> None:
        self.shards = open_shards(manifests, "latents", task)
        self.latent_size = self.shards[0].rows["mu"].shape[1]
        self.vision: str | None = self.shards[0].about.get("vision")
        for shard in self.shards:
            if shard.about.get("vision") != self.vision:
                raise WorldModelsError(
                    f"{shard.path}: encoded with a different V from {self.shards[0].path}; "
                    "encode both with the same V"
                )
        self.lengths = np.concatenate([shard.lengths for shard in self.shards])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.actions = np.concatenate([shard.actions for shard in self.shards])
        self.rewards = np.concatenate([shard.rewards for shard in self.shards])
        if self.lengths.max() < 2:
            raise WorldModelsError(
                f"{self.shards[0].path}: no episode has two steps or more; record longer ones"
            )
        ends = np.concatenate([shard.ends for shard in self.shards])
        first, last, dies = (np.zeros(len(self.rewards), dtype=bool) for _ in range(3))
        final = self.starts + self.lengths - 1
        first[self.starts], last[final], dies[final] = True, True, ends == End.TERMINATED
        self.first, self.last, self.dies = first, last, dies
        try:
            scratch.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=scratch) as file:
                for shard in self.shards:
                    self._unpack(shard, file)
                file.flush()
                shape = (len(self.rewards), 2, self.latent_size)
                self.gaussians = np.memmap(file, np.float32, mode="r", shape=shape)
        except OSError as error:
            needed = 8 * len(self.rewards) * self.latent_size / 1e6
            raise WorldModelsError(
                f"{scratch}: not enough disk space to unpack {needed:.0f} MB of latents "
                f"({error.strerror}); free some space there"
            ) from error

    def _unpack(self, shard: Shard, file: IO[bytes]) -> None:
        for name in ("actions", "rewards"):
            self._check(shard, name, getattr(shard, name))
        arrays = [shard.rows["mu"], shard.rows["log_sigma2"]]
        if {array.shape[1] for array in arrays} != {self.latent_size}:
            raise WorldModelsError(
                f"{shard.path}: latent size {arrays[0].shape[1]}, but {self.shards[0].path} has "
                f"{self.latent_size}; encode both with the same V"
            )
        for start in range(0, shard.steps, ROWS_PER_SHARD):
            rows = slice(start, start + ROWS_PER_SHARD)
            both = np.stack([array[rows] for array in arrays], axis=1).astype(np.float32)
            self._check(shard, "mu or log_sigma2", both)
            file.write(both.tobytes())

    def _check(self, shard: Shard, name: str, values: NDArray[np.float32]) -> None:
        if not np.isfinite(values).all():
            raise WorldModelsError(
                f"{shard.path}: {name} has values that are not finite; recreate the store"
            )

    def first_frames(self, limit: int) -> tuple[Tensor, Tensor]:
        """Return μ and log σ² of the first `limit` episodes' first frames, each (n, L)."""
        frames = torch.from_numpy(self.gaussians[self.starts[:limit]])
        return frames[:, 0].clone(), frames[:, 1].clone()
