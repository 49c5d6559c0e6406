"""Random numbers that belong to an episode, not to the batch that it is played in."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

STEPS_PER_DRAW = 32  # drawing for many steps at once keeps Python out of the loop


class EpisodeNoise:
    """Standard normal numbers for the episodes in a batch's slots.

    An episode's numbers come from a generator of its own, seeded when it starts. They are the same
    in any slot, beside any other episodes.

    Args:
        slots: episodes side by side.
        size: numbers a step.
    """

    def __init__(self, slots: int, size: int) -> None:
        self.generators = [np.random.default_rng(0) for _ in range(slots)]
        self.drawn = np.zeros((slots, STEPS_PER_DRAW, size), dtype=np.float32)
        self.used = np.zeros(slots, dtype=np.int64)
        self.slots = np.arange(slots)

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin new episodes in some slots; the others go on."""
        for slot, seed in zip(slots, seeds, strict=True):
            self.generators[slot] = np.random.default_rng(seed)
            self.used[slot] = STEPS_PER_DRAW

    def next(self) -> NDArray[np.float32]:
        """Return the numbers of the next step, shape (slots, size)."""
        for slot in np.flatnonzero(self.used == STEPS_PER_DRAW):
            self.generators[slot].standard_normal(out=self.drawn[slot], dtype=np.float32)
            self.used[slot] = 0
        numbers = self.drawn[self.slots, self.used]
        self.used += 1
        return numbers
