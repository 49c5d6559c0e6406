"""Cut idle episodes short while candidates are ranked."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.contract import End, VectorEnvironment


class TruncateIdling(VectorEnvironment):
    """Ends an episode after `patience` steps without a positive reward.

    The last reward then includes what idling until the time limit would have brought. The score is
    that of a full episode in which nothing more happens. Only for training: an agent that would
    have recovered gets too low a score.

    Args:
        inner: the environments. patience: in steps.
        idle_reward: the reward of a step in which nothing happens. max_steps: the time limit.
    """

    def __init__(
        self, inner: VectorEnvironment, patience: int, idle_reward: float, max_steps: int
    ) -> None:
        super().__init__(inner.slots, inner.observations)
        self.inner = inner
        self.patience, self.idle_reward, self.max_steps = patience, idle_reward, max_steps
        self.steps = np.zeros(inner.slots, dtype=np.int64)
        self.idle = np.zeros(inner.slots, dtype=np.int64)

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin episodes in some slots."""
        self.inner.start(slots, seeds)
        self.observations = self.inner.observations
        self.steps[list(slots)] = self.idle[list(slots)] = 0

    def step(
        self, slots: Sequence[int], actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Take one step in some slots."""
        rewards, ends = self.inner.step(slots, actions)
        self.observations = self.inner.observations
        self.steps[slots] += 1
        self.idle[slots] += 1
        self.idle[rewards > 0] = 0
        for slot in slots:
            if self.idle[slot] >= self.patience and ends[slot] == End.NONE:
                ends[slot] = End.TRUNCATED
                rewards[slot] += self.idle_reward * (self.max_steps - self.steps[slot])
        return rewards, ends

    def close(self) -> None:
        """Close the environments."""
        self.inner.close()
