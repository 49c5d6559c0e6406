"""A fitness worker over many generations: its memory, and the steps that it computes in vain."""

import numpy as np
import psutil
import torch
from world_models.tasks.settings import CarRacingEnvironment

from benchmarks.measure import Result
from benchmarks.models import build, candidates
from world_models.controller.agent import Agent
from world_models.dream.engine import Dream
from world_models.execution.pool import Pool
from world_models.execution.retry import RetryPolicy
from world_models.play.episodes import Assignment
from world_models.play.loop import DreamArena, RealArena, batch, play

SLOTS = 4

_arena: RealArena


def set_up(_: object) -> None:
    """Make this process a fitness worker of CarRacing."""
    global _arena
    torch.set_num_threads(1)
    task, vision, memory, _, policy = build("car_racing")
    environments = task.make_training(CarRacingEnvironment(max_steps=2), SLOTS)
    _arena = RealArena(Agent(task, vision, memory, policy, SLOTS, fast=True), environments)


def generation(number: int) -> float:
    """Play a short generation; return this worker's resident memory in MB."""
    tried = candidates(_arena.agent.policy, 4)
    play(_arena, tried, [Assignment(n % 4, number * 100 + n) for n in range(SLOTS)])
    return psutil.Process().memory_info().rss / 1e6


def leak() -> Result:
    """Compare a worker's resident memory, in MB: the most in 200 generations, and after 10."""
    with Pool(1, set_up, None, RetryPolicy()) as executor:
        resident = [executor.submit(generation, number).result() for number in range(200)]
    return Result("leak", max(resident), resident[9], max(resident) / resident[9])


class Lifetimes:
    """Take Cover's dream, with episodes as long as the real game's: 100 steps to the limit."""

    def __init__(self, slots: int) -> None:
        task, _, memory, initial, policy = build("take_cover")
        memory.output.bias[-1] = -50
        self.arena = DreamArena(task, Dream(memory, initial, 1.0, slots, 2100, task), policy)
        self.slots, self.policy = slots, policy
        self.ends_at = np.zeros(slots, dtype=np.int64)
        self.computed = self.needed = 0

    def start(self, slots: list[int], seeds: list[int], parameters: torch.Tensor) -> None:
        """Draw the lengths of new episodes."""
        self.arena.start(slots, seeds, parameters)
        for slot, seed in zip(slots, seeds, strict=True):
            length = 100 + np.random.default_rng(seed).exponential(800)
            self.ends_at[slot] = min(2100, int(length))

    def step(self, active: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Count the rows that are computed and those that are needed."""
        rewards, _ = self.arena.step(active)
        self.computed += len(batch(active, self.slots))
        self.needed += len(active)
        self.ends_at[active] -= 1
        ends = (self.ends_at <= 0).astype(np.uint8)
        return rewards, ends


def waste() -> Result:
    """Return the share of computed steps that belong to no episode, in the paper's unit of work.

    The value is steps computed for each step needed.
    """
    torch.set_num_threads(1)
    lifetimes = Lifetimes(slots=64)
    assignments = [Assignment(n // 16, n) for n in range(4 * 16)]
    play(lifetimes, candidates(lifetimes.policy, 4), assignments)  # type: ignore[arg-type]
    share = 1 - lifetimes.needed / lifetimes.computed
    return Result("waste", lifetimes.computed / lifetimes.needed, 1.0, share)
