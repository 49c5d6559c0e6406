"""What an agent can do: choose one of n actions, or numbers within bounds."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.tasks.contract import Task


class ActionSpace:
    """From what a policy draws, `raw`, to the task's actions.

    Args:
        low, high: (action_size,), the bounds of the task's actions.
        choices: (n, action_size), the actions to choose from; None where numbers are drawn.

    Attributes:
        discrete: whether there are choices.
        size: numbers in `raw`: n, one-hot; or action_size, from -1 to 1.
        action_size: numbers in an action of the task.
    """

    def __init__(self, low: Tensor, high: Tensor, choices: Tensor | None = None) -> None:
        self.low, self.high, self.choices = low, high, choices
        self.discrete = choices is not None
        self.action_size = len(low)
        self.size = self.action_size if choices is None else len(choices)

    def to_task(self, raw: Tensor) -> Tensor:
        """Return actions, (..., action_size), for raw ones, (..., size); gradients flow through."""
        if self.choices is not None:
            return raw @ self.choices
        share = (raw.clamp(-1, 1) + 1) / 2
        return self.low + share * (self.high - self.low)

    def to(self, device: torch.device) -> "ActionSpace":
        """Return the same on a device."""
        choices = None if self.choices is None else self.choices.to(device)
        return ActionSpace(self.low.to(device), self.high.to(device), choices)


def action_space(task: Task, choices: Sequence[Sequence[float]] | None, key: str) -> ActionSpace:
    """Return what an agent of a task can do.

    Args:
        choices: the actions to choose from; None takes the task's own, which may be numbers.
        key: names `choices` in the error.

    Raises:
        WorldModelsError: a choice has another size than the task's actions, or is out of bounds.
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
    """Say whether the task's actions are one-hot."""
    drawn = np.random.default_rng(0).standard_normal((64, task.action_size), dtype=np.float32)
    actions = task.squash(torch.from_numpy(drawn))
    binary = ((actions == 0) | (actions == 1)).all()
    return task.action_size > 1 and bool(binary and (actions.sum(1) == 1).all())


def _bounds(task: Task) -> tuple[Tensor, Tensor]:
    """Return the lowest and highest action: where a policy's outputs are infinite."""
    one_of_them = torch.eye(task.action_size, dtype=torch.bool)
    none_and_all = torch.tensor([[False], [True]]).expand(2, task.action_size)
    infinite = torch.where(torch.cat([none_and_all, one_of_them]), np.inf, -np.inf)
    actions = task.squash(infinite.float())
    return actions.amin(0), actions.amax(0)


def gumbel_of(normal: Tensor) -> Tensor:
    """Return Gumbel(0, 1) numbers for standard normal ones."""
    uniform = torch.special.ndtr(normal.double()).clamp(1e-12, 1 - 1e-12)
    return -(-uniform.log()).log().float()
