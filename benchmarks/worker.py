"""A fitness worker over many generations: its memory, and the steps that it wastes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import psutil
import torch
from numpy.typing import NDArray

from benchmarks.measure import Result
from benchmarks.models import build, candidates, in_a_dream, in_reality
from world_models.controller.agent import ControllerActor
from world_models.execution.pool import Pool, RetryPolicy
from world_models.play.batch import padded
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.tasks import get_task
from world_models.tasks.car_racing.settings import CarRacingEnvironment
from world_models.tasks.contract import End, VectorEnvironment

SLOTS = 4

_played: tuple[ControllerActor, VectorEnvironment]


def set_up(_: object) -> None:
    """Make this process a fitness worker of CarRacing."""
    global _played
    torch.set_num_threads(1)
    built = build("car_racing")
    environments = get_task("car_racing", CarRacingEnvironment(max_steps=2)).make_training(SLOTS)
    _played = in_reality(built, SLOTS, fast=True), environments


def generation(number: int) -> float:
    """Play a short generation; return this worker's resident memory in MB."""
    agent, environments = _played
    agent.candidates = candidates(agent.policy, 4)
    play(agent, environments, [Assignment(n % 4, number * 100 + n) for n in range(SLOTS)])
    return float(psutil.Process().memory_info().rss / 1e6)


def leak() -> Result:
    """Compare a worker's resident memory, MB: its peak in 200 generations against that after 10."""
    with Pool(1, set_up, None, RetryPolicy()) as executor:
        resident = [executor.submit(generation, number).result() for number in range(200)]
    return Result("leak", max(resident), resident[9], max(resident) / resident[9])


class Lifetimes(VectorEnvironment):
    """A dream with episodes as long as Take Cover's real ones: 100 steps to the limit."""

    def __init__(self, dream: VectorEnvironment) -> None:
        super().__init__(dream.slots, dream.observations)
        self.dream = dream
        self.ends_at = np.zeros(dream.slots, dtype=np.int64)
        self.computed = self.needed = 0

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Draw the lengths of new episodes."""
        self.dream.start(slots, seeds)
        self.observations = self.dream.observations
        for slot, seed in zip(slots, seeds, strict=True):
            length = 100 + np.random.default_rng(seed).exponential(800)
            self.ends_at[slot] = min(2100, int(length))

    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Count the rows that are computed and those that are needed."""
        rewards, _ = self.dream.step(slots, actions)
        self.observations = self.dream.observations
        self.computed += len(padded(slots, self.slots))
        self.needed += len(slots)
        self.ends_at[list(slots)] -= 1
        return rewards, np.where(self.ends_at <= 0, End.TERMINATED, End.NONE).astype(np.uint8)

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


def waste() -> Result:
    """Measure the computed steps that belong to no episode, in the paper's unit of work.

    The value is steps computed per step needed; the ratio is the share that is wasted.
    """
    torch.set_num_threads(1)
    built = build("take_cover")
    built[2].output.bias[-1] = -50  # no episode ends before the drawn length
    agent, dream = in_a_dream(built, 64, 1.0, fast=False)
    agent.candidates = candidates(agent.policy, 4)
    lifetimes = Lifetimes(dream)
    play(agent, lifetimes, [Assignment(n // 16, n) for n in range(4 * 16)])
    share = 1 - lifetimes.needed / lifetimes.computed
    return Result("waste", lifetimes.computed / lifetimes.needed, 1.0, share)
