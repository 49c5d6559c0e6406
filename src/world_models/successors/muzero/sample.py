"""Batches from the replay: what the agent saw, what it did next, and the targets to learn."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.successors.driver import Flag
from world_models.successors.muzero.targets import Targets, n_step
from world_models.successors.replay import Replay


@dataclass(frozen=True)
class Seen:
    """What an agent sees at n rows; 0 before the episode's start.

    Attributes:
        frames: uint8 (n, history, 64, 64, 3).
        actions: (n, history - 1, choices), one-hot, between the frames.
    """

    frames: NDArray[np.uint8]
    actions: NDArray[np.float32]


def nearest(actions: NDArray[np.float32], choices: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the choice nearest to each action, (..., action_size), one-hot, (..., choices)."""
    chosen = ((actions[..., None, :] - choices) ** 2).sum(-1).argmin(-1)
    one_hot: NDArray[np.float32] = np.eye(len(choices), dtype=np.float32)[chosen]
    return one_hot


class Rows:
    """The replay as MuZero reads it.

    Args:
        replay: its newest row is the end of an episode. choices: (n, action_size).
        history: frames that the agent sees.
    """

    def __init__(self, replay: Replay, choices: NDArray[np.float32], history: int) -> None:
        self.replay, self.choices, self.history = replay, choices, history
        self.kept = min(replay.rows, replay.capacity)

    def _column(self, name: str, places: NDArray[np.int64]) -> NDArray[Any]:
        return self.replay.column(name, places.clip(0, self.kept - 1))

    def states(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """Sample rows at which an action was taken."""
        acted = np.flatnonzero((self.replay.column("flags") & Flag.LAST) == 0)
        return acted[rng.integers(len(acted), size=count)]

    def hot(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the actions that led to rows, one-hot, (..., choices)."""
        return nearest(self._column("actions", places), self.choices)

    def seen(self, rows: NDArray[np.int64]) -> Seen:
        """Return what the agent saw at rows, (n,)."""
        places = rows[:, None] + np.arange(1 - self.history, 1)
        first = (self._column("flags", places) & Flag.FIRST) > 0
        first |= places <= 0  # an episode's oldest rows may have been overwritten
        # Only rows from the latest first one on are of the same episode.
        later: NDArray[np.int64] = np.flip(np.cumsum(np.flip(first, 1), 1), 1) - first
        inside = np.asarray(later < 1)
        frames = self._column("frames", places)
        frames[~inside] = 0
        actions = self.hot(places[:, 1:]) * inside[:, :-1, None]
        return Seen(frames, actions.astype(np.float32))

    def targets(
        self, rows: NDArray[np.int64], steps: int, unroll: int, discount: float
    ) -> tuple[NDArray[np.float32], Targets]:
        """Return the actions after rows, one-hot (n, unroll, choices), and the targets."""
        places = rows[:, None] + np.arange(unroll + steps + 1)
        rewards, flags = self._column("rewards", places), self._column("flags", places)
        return self.hot(places[:, 1 : unroll + 1]), n_step(rewards, flags, steps, unroll, discount)
