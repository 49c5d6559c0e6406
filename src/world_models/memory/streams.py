"""Recorded latents for M's training: episodes laid end to end in parallel streams.

This is the scheme of the original's doomrnn/rnn_train.py. Every epoch shuffles the episodes, lays
them end to end into streams and cuts the streams into windows. The LSTM's state is carried from
window to window and zeroed where an episode begins. Three things differ from the original: no
episode is split between two streams; no row is dropped at the end; and an episode's last row has no
next latent to predict, where the original took the next episode's first.
"""

import heapq
import queue
import threading
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.memory.latents import Latents

STEPS_AT_ONCE = 10  # with 100 streams, the heads' results then fit in the processor's cache

T = TypeVar("T")


class Window(NamedTuple):
    """T steps of N streams, side by side; float32.

    Attributes:
        z: (N, T + 1, L), latents drawn from the stored μ and σ. The last column is also the next
            window's first, with the same noise.
        actions: (N, T, A), taken on seeing z_t.
        rewards: (N, T), of these actions.
        restarts: (N, T), 1 at an episode's first row.
        deaths: (N, T), 1 where the action terminated the episode (in Take Cover, a death).
        rows: (N, T), 1 for a recorded row, 0 for the padding after a stream's end.
        follows: (N, T), 1 where z_{t+1} belongs to the same episode and so is a target.
    """

    z: Tensor
    actions: Tensor
    rewards: Tensor
    restarts: Tensor
    deaths: Tensor
    rows: Tensor
    follows: Tensor

    def to(self, device: torch.device) -> "Window":
        """Return the window on a device."""
        return Window(*(values.to(device) for values in self))

    def parts(self) -> Iterator[tuple[slice, "Window"]]:
        """Yield successive slices of STEPS_AT_ONCE steps, each with its part of the window."""
        for start in range(0, self.rows.shape[1], STEPS_AT_ONCE):
            steps = slice(start, start + STEPS_AT_ONCE)
            z = self.z[:, start : start + STEPS_AT_ONCE + 1]
            yield steps, Window(z, *(values[:, steps] for values in self[1:]))


class Epoch:
    """All episodes in a given order, laid out in streams: one pass over the data.

    Each episode in turn goes to the stream that is shortest so far, so that all streams end at
    nearly the same step; the shorter ones are padded. The last window ends where the longest
    stream does.

    Args:
        latents: the episodes.
        order: (episodes,), the order to lay them in.
        batch_size: the number of streams, or fewer if there are fewer episodes.
        sequence_length: steps in a window.

    Attributes:
        streams: the number of streams.
        length: steps in the longest stream.
        windows: the number of windows that the streams are cut into.
    """

    def __init__(
        self, latents: Latents, order: NDArray[np.int64], batch_size: int, sequence_length: int
    ) -> None:
        self.latents, self.sequence_length = latents, sequence_length
        self.streams = min(batch_size, len(order))
        ends = [(0, stream) for stream in range(self.streams)]
        places = []  # (stream, column) of each episode
        for episode in order:
            column, stream = heapq.heappop(ends)
            places.append((stream, column))
            heapq.heappush(ends, (column + int(latents.lengths[episode]), stream))
        self.length = max(end for end, _ in ends)
        self.windows = -(-self.length // sequence_length)
        # The row of the latents at each place in the streams; -1 is padding.
        self.rows = np.full((self.streams, self.length + 1), -1, dtype=np.int32)
        for episode, (stream, column) in zip(order, places, strict=True):
            start, length = latents.starts[episode], latents.lengths[episode]
            self.rows[stream, column : column + length] = np.arange(start, start + length)

    def window(self, number: int, seed: int) -> Window:
        """Return window `number`; all noise of the epoch derives from `seed`."""
        places = self._places(number)
        steps = places.shape[1] - 1
        there, index = places >= 0, np.maximum(places, 0)
        noise = np.concatenate([self._noise(number, steps, seed), self._seam(number + 1, seed)], 1)
        gaussians = self.latents.gaussians[index]
        z = gaussians[:, :, 0] + np.exp(gaussians[:, :, 1] / 2) * noise
        z *= there[:, :, None]
        now, rows = index[:, :-1], there[:, :-1]
        parts = (
            z,
            self.latents.actions[now] * rows[:, :, None],
            self.latents.rewards[now] * rows,
            self.latents.first[now] & rows,
            self.latents.dies[now] & rows,
            rows,
            rows & ~self.latents.last[now],
        )
        return Window(*(torch.from_numpy(part.astype(np.float32, copy=False)) for part in parts))

    def means(self, number: int) -> Tensor:
        """Return the μ that a window's latents are drawn around, (N, T + 1, L); 0 in padding."""
        places = self._places(number)
        mu = self.latents.gaussians[np.maximum(places, 0), 0] * (places >= 0)[:, :, None]
        return torch.from_numpy(mu.astype(np.float32, copy=False))

    def _places(self, number: int) -> NDArray[np.int32]:
        start = number * self.sequence_length
        return self.rows[:, start : start + self.sequence_length + 1]

    def _noise(self, number: int, steps: int, seed: int) -> NDArray[np.float32]:
        """Return a window's noise; its first column is the previous window's last."""
        shape = (self.streams, steps - 1, self.latents.latent_size)
        inner = np.random.default_rng([seed, number, 1]).standard_normal(shape, np.float32)
        return np.concatenate([self._seam(number, seed), inner], axis=1)

    def _seam(self, number: int, seed: int) -> NDArray[np.float32]:
        shape = (self.streams, 1, self.latents.latent_size)
        return np.random.default_rng([seed, number, 0]).standard_normal(shape, np.float32)

    def read(self, seed: int, first: int = 0) -> Iterator[Window]:
        """Yield the windows from number `first` on; a thread prepares them in advance."""
        return ahead(self.window(number, seed) for number in range(first, self.windows))


def ahead(items: Iterator[T], depth: int = 2) -> Iterator[T]:
    """Yield items that a thread makes in advance, with at most `depth` waiting."""
    waiting: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(depth)
    stop = threading.Event()

    def put(item: T | None, error: BaseException | None) -> None:
        while not stop.is_set():
            try:
                return waiting.put((item, error), timeout=0.1)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put(item, None)
                if stop.is_set():
                    return
            put(None, None)
        except BaseException as error:
            put(None, error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            item, error = waiting.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stop.set()
        thread.join()
