"""An agent's action space: one of n choices, or continuous values within bounds."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.tasks.contract import Task


class ActionSpace:
    """Maps what a policy samples, `raw`, to the task's actions.

    Args:
        low, high: (action_size,), the bounds of the task's actions.
        choices: (n, action_size), the actions to choose from; None if actions are continuous.

    Attributes:
        discrete: whether the policy picks one of `choices`.
        size: length of `raw`: n, one-hot; or action_size, each value from -1 to 1.
        action_size: length of the task's actions.
    """

    def __init__(self, low: Tensor, high: Tensor, choices: Tensor | None = None) -> None:
        self.low, self.high, self.choices = low, high, choices
        self.discrete = choices is not None
        self.action_size = len(low)
        self.size = self.action_size if choices is None else len(choices)

    def to_task(self, raw: Tensor) -> Tensor:
        """Map raw actions, (..., size), to the task's, (..., action_size); differentiable."""
        if self.choices is not None:
            return raw @ self.choices
        share = (raw.clamp(-1, 1) + 1) / 2
        return self.low + share * (self.high - self.low)

    def to(self, device: torch.device) -> "ActionSpace":
        """Return a copy on a device."""
        choices = None if self.choices is None else self.choices.to(device)
        return ActionSpace(self.low.to(device), self.high.to(device), choices)


def action_space(task: Task, choices: Sequence[Sequence[float]] | None, key: str) -> ActionSpace:
    """Return the action space of an agent of a task.

    Args:
        choices: the actions to choose from; None uses the task's own space, discrete or not.
        key: the name of `choices` in error messages.

    Raises:
        WorldModelsError: a choice has the wrong length for the task, or is out of bounds.
    """
    low, high = _bounds(task)
    if choices is None:
        own = torch.eye(task.action_size) if _is_one_of_n(task) else None
        return ActionSpace(low, high, own)
    for choice in choices:
        if len(choice) != task.action_size:
            raise WorldModelsError(
                f"{key}: {list(choice)} has {len(choice)} numbers, but {task.name}'s actions have "
                f"{task.action_size}"
            )
        if (torch.tensor(choice) < low).any() or (torch.tensor(choice) > high).any():
            raise WorldModelsError(
                f"{key}: {list(choice)} is out of bounds; {task.name}'s actions lie between "
                f"{low.tolist()} and {high.tolist()}"
            )
    return ActionSpace(low, high, torch.tensor(choices, dtype=torch.float32))


def _is_one_of_n(task: Task) -> bool:
    """Return whether the task's actions are one-hot."""
    drawn = np.random.default_rng(0).standard_normal((64, task.action_size), dtype=np.float32)
    actions = task.squash(torch.from_numpy(drawn))
    binary = ((actions == 0) | (actions == 1)).all()
    return task.action_size > 1 and bool(binary and (actions.sum(1) == 1).all())


def _bounds(task: Task) -> tuple[Tensor, Tensor]:
    """Return the lowest and highest actions, found by squashing infinite outputs."""
    one_of_them = torch.eye(task.action_size, dtype=torch.bool)
    none_and_all = torch.tensor([[False], [True]]).expand(2, task.action_size)
    infinite = torch.where(torch.cat([none_and_all, one_of_them]), np.inf, -np.inf)
    actions = task.squash(infinite.float())
    return actions.amin(0), actions.amax(0)


def gumbel_of(normal: Tensor) -> Tensor:
    """Turn standard normal samples into Gumbel(0, 1) samples."""
    uniform = torch.special.ndtr(normal.double()).clamp(1e-12, 1 - 1e-12)
    return -(-uniform.log()).log().float()
