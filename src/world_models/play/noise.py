"""Random numbers that belong to an episode, not to the batch in which it is played."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STEPS_PER_DRAW = 32  # drawing for many steps at once keeps Python out of the loop


class EpisodeNoise:
    """Standard normal numbers for the episodes in a batch's slots.

    Each episode has its own generator, seeded when it starts. Its numbers don't depend on its slot
    or on the other episodes.

    Args:
        slots: episodes side by side.
        size: numbers per step.
        stream: which of several independent streams of an episode's numbers this is, or None.
    """

    def __init__(self, slots: int, size: int, stream: int | None = None) -> None:
        self.generators = [np.random.default_rng(0) for _ in range(slots)]
        self.drawn = np.zeros((slots, STEPS_PER_DRAW, size), dtype=np.float32)
        self.used = np.zeros(slots, dtype=np.int64)
        self.slots = np.arange(slots)
        self.stream = stream

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin new episodes in some slots; the other slots go on."""
        for slot, seed in zip(slots, seeds, strict=True):
            own = seed if self.stream is None else [seed, self.stream]
            self.generators[slot] = np.random.default_rng(own)
            self.used[slot] = STEPS_PER_DRAW

    def next(self, slots: Sequence[int]) -> NDArray[np.float32]:
        """Return the numbers of the next step, shape (all slots, size).

        Only the given slots advance; the other slots' numbers mean nothing.
        """
        index = np.asarray(slots)
        for slot in index[self.used[index] == STEPS_PER_DRAW]:
            self.generators[slot].standard_normal(out=self.drawn[slot], dtype=np.float32)
            self.used[slot] = 0
        numbers = self.drawn[self.slots, self.used % STEPS_PER_DRAW]
        self.used[index] += 1
        return numbers
