"""Truncating idle episodes: when, and with which score."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from world_models.tasks.contract import End, VectorEnvironment
from world_models.tasks.idling import TruncateIdling

LIMIT = 30


class Tiles(VectorEnvironment):
    """CarRacing's rewards without the car: -0.1 a step, and +5 at the steps given for each slot."""

    def __init__(self, tiles: list[set[int]]) -> None:
        super().__init__(len(tiles))
        self.tiles, self.steps = tiles, np.zeros(len(tiles), dtype=int)

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Reset the slots' step counts."""
        self.steps[list(slots)] = 0

    def step(
        self, slots: Sequence[int], actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Return -0.1, and 5 more for a tile; truncate at the limit."""
        rewards, ends = np.zeros(self.slots), np.zeros(self.slots, dtype=np.uint8)
        for slot in slots:
            self.steps[slot] += 1
            rewards[slot] = 5 * (self.steps[slot] in self.tiles[slot]) - 0.1
            ends[slot] = End.TRUNCATED if self.steps[slot] == LIMIT else End.NONE
        return rewards, ends

    def close(self) -> None:
        """Do nothing; no resources are held."""


def scores(environments: VectorEnvironment) -> list[tuple[int, float]]:
    """Play all slots to the end; return their steps and scores."""
    going, found = list(range(environments.slots)), [(0, 0.0)] * environments.slots
    environments.start(going, going)
    while going:
        rewards, ends = environments.step(going, np.zeros((environments.slots, 1), np.float32))
        found = [(n + (s in going), r + rewards[s]) for s, (n, r) in enumerate(found)]
        going = [slot for slot in going if ends[slot] == End.NONE]
    return found


def test_scores_are_those_of_idling_on() -> None:
    """If nothing more happens, the truncated episode has the whole one's score in fewer steps."""
    tiles: list[set[int]] = [set(), {3}, {1, 9, 17}, {30}, set(range(1, 31))]
    whole = scores(Tiles(tiles))
    cut = scores(TruncateIdling(Tiles(tiles), 10, -0.1, LIMIT))
    assert [steps for steps, _ in cut] == [10, 13, 27, 10, 30]
    for slot in (0, 1, 2, 4):
        assert cut[slot][1] == pytest.approx(whole[slot][1])
    assert cut[3][1] == pytest.approx(whole[3][1] - 5)  # it would have reached a tile again


def test_slots_begin_anew() -> None:
    """A new episode in a slot may idle for the full number of steps again."""
    environments = TruncateIdling(Tiles([set()]), 10, -0.1, LIMIT)
    for _ in range(2):
        assert scores(environments)[0][0] == 10
