"""Policies that see nothing and record rollouts; each takes a generator, returns a behaviour."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.contract import Behaviour

Draw = Callable[[np.random.Generator], NDArray[np.float32]]
"""Draws a random action, shape (action_size,)."""
Maker = Callable[[np.random.Generator], Behaviour]

STANDARD = ("held", "roaming", "uniform")


def between(low: Sequence[float], high: Sequence[float]) -> Draw:
    """Return a draw that is uniform between `low` and `high`."""
    return lambda rng: rng.uniform(low, high).astype(np.float32)


def one_of(count: int) -> Draw:
    """Return a draw that picks one of `count` choices, one-hot."""

    def draw(rng: np.random.Generator) -> NDArray[np.float32]:
        action = np.zeros(count, dtype=np.float32)
        action[rng.integers(count)] = 1
        return action

    return draw


def standard(draw: Draw) -> dict[str, Maker]:
    """Return the policies that every task has, by the names in `STANDARD`."""
    return {"held": held(draw, 10), "roaming": roaming(draw), "uniform": uniform(draw)}


def uniform(draw: Draw) -> Maker:
    """Return a policy that draws a new action at every step."""

    def start(rng: np.random.Generator) -> Behaviour:
        return lambda: draw(rng)

    return start


def held(draw: Draw, longest: int) -> Maker:
    """Return a policy that holds each draw for 1 to `longest` steps.

    With draws between -1 and 1 and `longest` = 10, it is the original's doomrnn/extract.py.
    """
    return lambda rng: _holding(rng, draw, longest)


def roaming(draw: Draw) -> Maker:
    """Return a policy like `held`, but each episode draws its longest hold from 10 to 100 steps.

    It moves farther, and also stays longer in one place. It isn't the paper's (docs/results.md).
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
