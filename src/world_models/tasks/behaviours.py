"""Policies without senses that record rollouts: each takes a generator and returns a behaviour."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.contract import Behaviour

Draw = Callable[[np.random.Generator], NDArray[np.float32]]
"""A random action, shape (action_size,)."""
Maker = Callable[[np.random.Generator], Behaviour]

STANDARD = ("held", "roaming", "uniform")


def between(low: Sequence[float], high: Sequence[float]) -> Draw:
    """Return a draw that is uniform between `low` and `high`."""
    return lambda rng: rng.uniform(low, high).astype(np.float32)


def one_of(count: int) -> Draw:
    """Return a draw of one of `count` choices, one-hot."""

    def draw(rng: np.random.Generator) -> NDArray[np.float32]:
        action = np.zeros(count, dtype=np.float32)
        action[rng.integers(count)] = 1
        return action

    return draw


def standard(draw: Draw) -> dict[str, Maker]:
    """Return the policies that every task has, by the names in `STANDARD`."""
    return {"held": held(draw, 10), "roaming": roaming(draw), "uniform": uniform(draw)}


def uniform(draw: Draw) -> Maker:
    """Return a policy that draws each action anew."""

    def start(rng: np.random.Generator) -> Behaviour:
        return lambda: draw(rng)

    return start


def held(draw: Draw, longest: int) -> Maker:
    """Return a policy that holds a draw for 1 to `longest` steps.

    Between -1 and 1, with 10, it is doomrnn/extract.py of the original.
    """
    return lambda rng: _holding(rng, draw, longest)


def roaming(draw: Draw) -> Maker:
    """Return a policy as `held`, but each episode draws its longest hold from 10 to 100 steps.

    It runs farther, and stays longer where it is. It is not the paper's (docs/results.md).
    """
    return lambda rng: _holding(rng, draw, round(10 ** rng.uniform(1, 2)))


def _holding(rng: np.random.Generator, draw: Draw, longest: int) -> Behaviour:
    action, left = np.zeros(0, dtype=np.float32), 0

    def act() -> NDArray[np.float32]:
        nonlocal action, left
        if left == 0:
            action = draw(rng)
            left = int(rng.integers(1, longest + 1))
        left -= 1
        return action.copy()

    return act
