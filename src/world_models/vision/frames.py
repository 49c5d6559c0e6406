"""Frames for V's training, read from the stores chunk by chunk in random order.

To read a single frame, its whole chunk must be decompressed. So the chunks of an epoch are
shuffled, pools of them are decompressed ahead of time, and the frames within a pool are shuffled. A
pool's chunks come from about as many episodes, so a batch seldom has neighbouring frames.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from world_models.rollouts.store import ROWS_PER_CHUNK, Shard

CHUNKS_PER_POOL = 128  # 8,192 frames: 100 MB, twice that while the next pool is read


class FrameReader:
    """Yields shuffled batches of frames from shards of rollouts, one epoch at a time.

    Args:
        shards: opened shards of kind "rollouts".
        batch_size: frames in a batch; an epoch's last batch may be smaller.
        frames_per_epoch: at most this many frames per epoch; None for all.
    """

    def __init__(
        self, shards: Sequence[Shard], batch_size: int, frames_per_epoch: int | None
    ) -> None:
        self.shards, self.batch_size = shards, batch_size
        self.chunks = [
            (number, start, min(start + ROWS_PER_CHUNK, shard.steps))
            for number, shard in enumerate(shards)
            for start in range(0, shard.steps, ROWS_PER_CHUNK)
        ]
        total = sum(shard.steps for shard in shards)
        self.frames = min(total, frames_per_epoch or total)
        self.batches = -(-self.frames // batch_size)

    def epoch(self, seed: int, first: int = 0) -> Iterator[NDArray[np.uint8]]:
        """Yield batches, uint8 (n, 64, 64, 3), from number `first` on.

        The order depends on `seed` alone, so a training that is resumed at batch `first` gets the
        batches that it would have got without the interruption.
        """
        order = np.random.default_rng(seed).permutation(len(self.chunks))
        pools = [order[i : i + CHUNKS_PER_POOL] for i in range(0, len(order), CHUNKS_PER_POOL)]
        skip, left = first * self.batch_size, self.frames - first * self.batch_size
        rest = np.empty((0, 64, 64, 3), dtype=np.uint8)
        while pools and skip >= self._rows(pools[0]):
            skip -= self._rows(pools.pop(0))
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(self._read, pools[0], seed) if pools else None
            for number in range(len(pools)):
                assert coming is not None
                pool = coming.result()
                if number + 1 < len(pools):
                    coming = ahead.submit(self._read, pools[number + 1], seed)
                rest, skip = np.concatenate([rest, pool[skip:]]), 0
                while len(rest) >= min(self.batch_size, left) > 0:
                    batch, rest = np.split(rest, [min(self.batch_size, left)])
                    left -= len(batch)
                    yield batch
                if left <= 0:
                    return

    def _rows(self, pool: NDArray[np.int64]) -> int:
        return sum(self.chunks[chunk][2] - self.chunks[chunk][1] for chunk in pool)

    def _read(self, pool: NDArray[np.int64], seed: int) -> NDArray[np.uint8]:
        parts = []
        for chunk in pool:
            shard, start, stop = self.chunks[chunk]
            parts.append(self.shards[shard].rows["frames"][start:stop])
        frames = np.concatenate(parts)
        shuffle = np.random.default_rng([seed, int(pool[0])]).permutation(len(frames))
        return np.asarray(frames[shuffle])
