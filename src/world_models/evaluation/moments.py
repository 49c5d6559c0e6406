"""Moments of recorded episodes, and what was recorded before and after them."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.evaluation.studied_settings import HorizonSettings
from world_models.rollouts.store import Shard
from world_models.tasks.contract import End
from world_models.vision.model import Vision, to_images


@dataclass(frozen=True)
class Starts:
    """n moments of recorded episodes, from which dreams start.

    Attributes:
        rows: (n,), the shard's row at which the dream starts.
        left: (n,), steps left in the episode after that row.
        dies: (n,), whether the episode ends in a death.
    """

    rows: NDArray[np.int64]
    left: NDArray[np.int64]
    dies: NDArray[np.bool_]


def choose(shard: Shard, settings: HorizonSettings, seed: int) -> Starts:
    """Draw moments uniformly from all rows with enough steps before them and one after.

    Raises:
        WorldModelsError: there is no such row.
    """
    places = [
        (start + step, length - 1 - step, end == End.TERMINATED)
        for start, length, end in zip(shard.starts, shard.lengths, shard.ends, strict=True)
        for step in range(settings.observed_steps, int(length) - 1)
    ]
    if not places:
        raise WorldModelsError(
            f"{shard.path}: no episode is longer than horizon.observed_steps + 1 = "
            f"{settings.observed_steps + 1}; lower it"
        )
    count = min(settings.starts, len(places))
    drawn = np.random.default_rng(seed).choice(len(places), count, replace=False)
    rows, left, dies = (
        np.array(each) for each in zip(*(places[n] for n in sorted(drawn)), strict=True)
    )
    return Starts(rows, left, dies)


class Recorded:
    """What was recorded around each start.

    Args:
        shard: rollouts. starts: the moments.
        vision: V.
    """

    def __init__(self, shard: Shard, starts: Starts, vision: Vision) -> None:
        self.shard, self.starts, self.vision = shard, starts, vision

    def rows(self, after: int) -> NDArray[np.int64]:
        """Return the rows `after` steps after the starts; at most the episodes' last rows.

        A negative `after` counts steps before the starts.
        """
        return self.starts.rows + np.minimum(after, self.starts.left)

    def images(self, after: int, which: NDArray[np.bool_]) -> Tensor:
        """Return the frames for the starts in `which`, (n, 3, 64, 64) in 0..1."""
        frames = self.shard.rows["frames"].get_orthogonal_selection(self.rows(after)[which])
        return to_images(np.asarray(frames))

    def actions(self, after: int) -> Tensor:
        """Return the actions taken then, (starts, action_size)."""
        return torch.from_numpy(self.shard.actions[self.rows(after)])

    def rewards(self, after: int, which: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the rewards of these actions, for the starts in `which`."""
        rewards: NDArray[np.float32] = self.shard.rewards[self.rows(after)[which]]
        return rewards
