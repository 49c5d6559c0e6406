"""The controllers of Table 1 and Table 2, for a whole batch of candidates at once.

To add a variant, add an entry to POLICIES. Parameters: CarRacing z 99, z with a hidden layer
1,443, z and h 867; Take Cover 1,088 (no bias).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.tasks.contract import Task

HIDDEN_UNITS = 40  # of the variant with a hidden layer (paper, section 3.3)


@dataclass(frozen=True)
class Policy:
    """A family of controllers: what they see, and how parameters make them act.

    Attributes:
        variant: the name in config.yaml.
        uses_memory: whether the features contain M's state beside z.
        features: numbers that C sees.
        outputs: numbers that C returns; `Task.squash` makes the action of them.
        parameters: numbers in a controller.
        act: maps parameters, (n, parameters), and features, (n, features), row by row to outputs,
            (n, outputs).
    """

    variant: str
    uses_memory: bool
    features: int
    outputs: int
    parameters: int
    act: Callable[[Tensor, Tensor], Tensor]


def affine(parameters: Tensor, x: Tensor, outputs: int, bias: bool) -> Tensor:
    """Return W x + b, (n, outputs), with another W and b for each row.

    Args:
        parameters: (n, at least outputs * (inputs + bias)): W row by row, then b.
        x: (n, inputs).
        outputs: rows of W.
        bias: whether there is a b.
    """
    n, inputs = x.shape
    weights = parameters[:, : outputs * inputs].view(n, outputs, inputs)
    result = torch.bmm(weights, x.unsqueeze(2)).squeeze(2)
    if bias:
        first = outputs * inputs
        result = result + parameters[:, first : first + outputs]
    return result


def linear(variant: str, uses_memory: bool, features: int, task: Task) -> Policy:
    """Return the policy whose output is a linear map of its features."""
    outputs, bias = task.action_size, task.controller_bias
    return Policy(
        variant, uses_memory, features, outputs, outputs * (features + bias),
        lambda parameters, x: affine(parameters, x, outputs, bias),
    )  # fmt: skip


def hidden(variant: str, features: int, task: Task) -> Policy:
    """Return the policy with one hidden layer of tanh units between features and output."""
    outputs, inner = task.action_size, HIDDEN_UNITS * (features + 1)

    def act(parameters: Tensor, x: Tensor) -> Tensor:
        units = affine(parameters[:, :inner], x, HIDDEN_UNITS, True).tanh()
        return affine(parameters[:, inner:], units, outputs, True)

    total = inner + outputs * (HIDDEN_UNITS + 1)
    return Policy(variant, False, features, outputs, total, act)


def _with_memory(variant: str, task: Task, latent_size: int, hidden_size: int) -> Policy:
    states = 2 if task.controller_sees_cell else 1
    return linear(variant, True, latent_size + states * hidden_size, task)


POLICIES: dict[str, Callable[[Task, int, int], Policy]] = {
    "z": lambda task, latent, _: linear("z", False, latent, task),
    "z_hidden": lambda task, latent, _: hidden("z_hidden", latent, task),
    "z_h": lambda task, latent, units: _with_memory("z_h", task, latent, units),
}


def get_policy(variant: str, task: Task, latent_size: int, hidden_size: int) -> Policy:
    """Return the policy of that name for a task's V and M.

    Raises:
        WorldModelsError: there is no such variant.
    """
    if variant not in POLICIES:
        raise WorldModelsError(f"variant {variant}: unknown; there are {', '.join(POLICIES)}")
    return POLICIES[variant](task, latent_size, hidden_size)
