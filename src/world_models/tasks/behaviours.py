"""Policies without senses that record rollouts: each takes a generator and returns a behaviour."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.contract import Behaviour

Maker = Callable[[np.random.Generator], Behaviour]


def uniform(low: Sequence[float], high: Sequence[float]) -> Maker:
    """Return a policy that draws each action anew, uniformly between `low` and `high`."""

    def start(rng: np.random.Generator) -> Behaviour:
        return lambda: rng.uniform(low, high).astype(np.float32)

    return start


def held(low: Sequence[float], high: Sequence[float], longest: int) -> Maker:
    """Return a policy that holds a uniform draw for 1 to `longest` steps.

    With -1, 1 and 10 it is doomrnn/extract.py of the original.
    """
    return lambda rng: _holding(rng, low, high, longest)


def roaming(low: Sequence[float], high: Sequence[float]) -> Maker:
    """Return a policy as `held`, but each episode draws its longest hold from 10 to 100 steps.

    It runs farther, and stays longer where it is. It is not the paper's (docs/results.md).
    """
    return lambda rng: _holding(rng, low, high, round(10 ** rng.uniform(1, 2)))


def _holding(
    rng: np.random.Generator, low: Sequence[float], high: Sequence[float], longest: int
) -> Behaviour:
    action, left = np.zeros(len(low), dtype=np.float32), 0

    def act() -> NDArray[np.float32]:
        nonlocal action, left
        if left == 0:
            action = rng.uniform(low, high).astype(np.float32)
            left = int(rng.integers(1, longest + 1))
        left -= 1
        return action.copy()

    return act
