"""Derive everything that a task says about its actions from an action space."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.tasks.behaviours import Draw, between, one_of

if TYPE_CHECKING:
    from torch import Tensor

CHOICES_SHOWN = 18  # most open-loop policies; Atari's full action set has 18 actions
NUMBERS_SHOWN = 4  # numbers of a continuous action with policies for their lowest and highest value
EXAMPLES = 7  # most rows in a figure


@dataclass(frozen=True)
class Actions:
    """How C and M represent actions, and how they are passed to the environment.

    Attributes:
        size: numbers in an action, as C outputs it and M sees it.
        squash: maps C's raw outputs, (..., size), to actions.
        draw: draws a random action.
        fixed: the actions of the open-loop policies and the figure, by a name for a CSV column.
        labels: a label in words for each of these names.
        to_space: maps an action, (size,), to what the environment's `step` takes.
    """

    size: int
    squash: Callable[["Tensor"], "Tensor"]
    draw: Draw
    fixed: Mapping[str, tuple[float, ...]]
    labels: Mapping[str, str]
    to_space: Callable[[NDArray[np.float32]], Any]

    @property
    def open_loop(self) -> dict[str, Callable[[int], Sequence[float]]]:
        """Policies that always take the same action, by name."""
        return {name: _always(action) for name, action in self.fixed.items()}

    @property
    def examples(self) -> dict[str, Sequence[float]]:
        """Actions that a figure compares, by their labels."""
        return {self.labels[name]: self.fixed[name] for name in list(self.fixed)[:EXAMPLES]}


def actions_of(space: gymnasium.Space[Any], key: str) -> Actions:
    """Return how a space's actions are represented.

    Args:
        space: the environment's action space.
        key: names the environment in the error.

    Raises:
        WorldModelsError: the space is neither `Discrete` nor a bounded `Box` of floats.
    """
    if isinstance(space, gymnasium.spaces.Discrete):
        return _discrete(int(space.n), int(space.start))
    text = " ".join(str(space).split())
    if not isinstance(space, gymnasium.spaces.Box):
        raise WorldModelsError(
            f"{key}: actions are {text}, neither Discrete nor Box; wrap the environment"
        )
    if not np.issubdtype(space.dtype, np.floating):
        raise WorldModelsError(
            f"{key}: actions are {text}, a Box of integers; wrap the environment"
        )
    if not (np.isfinite(space.low).all() and np.isfinite(space.high).all()):
        raise WorldModelsError(
            f"{key}: actions are {text}, which has infinite bounds; wrap the environment in "
            "gymnasium.wrappers.RescaleAction or give it bounds"
        )
    return _continuous(space)


def _discrete(count: int, first: int) -> Actions:
    """One of n actions: the largest of C's n outputs chooses, and M sees the choice one-hot."""
    one_hot = np.eye(count, dtype=np.float32)
    shown = range(min(count, CHOICES_SHOWN))
    return Actions(
        size=count,
        squash=_one_hot_of_largest,
        draw=one_of(count),
        fixed={f"action_{n + first}": tuple(one_hot[n].tolist()) for n in shown},
        labels={f"action_{n + first}": f"action {n + first}" for n in shown},
        to_space=lambda action: first + int(action.argmax()),
    )


def _one_hot_of_largest(raw: "Tensor") -> "Tensor":
    """Return 1 at the largest output (the first of equal ones) and 0 elsewhere."""
    return raw.new_zeros(raw.shape).scatter_(-1, raw.argmax(-1, keepdim=True), 1)


def _continuous(space: gymnasium.spaces.Box) -> Actions:
    """Bounded numbers: tanh of C's outputs, where -1 is the lowest value and 1 the highest.

    M also sees -1 to 1, whatever the bounds are.
    """
    size = int(np.prod(space.shape))
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)

    def to_space(action: NDArray[np.float32]) -> NDArray[Any]:
        share = (action.astype(np.float64).reshape(space.shape) + 1) / 2
        return np.clip(low + share * (high - low), low, high).astype(space.dtype)

    fixed, labels = {"middle": (0.0,) * size}, {"middle": "all at mid-range"}
    for n in range(min(size, NUMBERS_SHOWN)):
        for name, value, words in (("low", -1.0, "minimum"), ("high", 1.0, "maximum")):
            fixed[f"{name}_{n}"] = tuple(value if k == n else 0.0 for k in range(size))
            labels[f"{name}_{n}"] = f"component {n} at its {words}"
    return Actions(
        size=size,
        squash=lambda raw: raw.tanh(),
        draw=between((-1,) * size, (1,) * size),
        fixed=fixed,
        labels=labels,
        to_space=to_space,
    )


def _always(action: Sequence[float]) -> Callable[[int], Sequence[float]]:
    return lambda step: action
