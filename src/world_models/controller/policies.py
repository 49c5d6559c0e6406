"""The controllers of Table 1 and Table 2, for a whole batch of candidates at once.

To add a variant, add an entry to POLICIES. Parameters: CarRacing z 99, z with a hidden layer
1,443, z and h 867; Take Cover 1,088 (no bias).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from world_models.errors import WorldModelsError

HIDDEN_UNITS = 40  # of the variant with a hidden layer (paper, section 3.3)


@dataclass(frozen=True)
class Policy:
    """A family of controllers: what they see, and how their parameters determine their actions.

    Attributes:
        variant: as in config.yaml.
        sees: the parts of the world model's state that are the features, in this order.
        features: how many numbers C sees. outputs: how many it returns, before `Task.squash`.
        parameters: the number of parameters of a controller.
        act: maps parameters (n, parameters) and features (n, features), row by row, to raw
            outputs (n, outputs).
    """

    variant: str
    sees: tuple[str, ...]
    features: int
    outputs: int
    parameters: int
    act: Callable[[Tensor, Tensor], Tensor]

    @property
    def uses_memory(self) -> bool:
        """Whether the features include M's state as well as z."""
        return self.sees != ("z",)


@dataclass(frozen=True)
class Sizes:
    """What determines a policy's size.

    Attributes:
        outputs: size of an action. latent: size of z. hidden: size of M's h and of c, 0 without M.
        sees_cell: with M, C sees [z, c, h] instead of [z, h].
        bias: whether C's linear map has a bias (a hidden layer always has one).
    """

    outputs: int
    latent: int
    hidden: int
    sees_cell: bool
    bias: bool


def affine(parameters: Tensor, x: Tensor, outputs: int, bias: bool) -> Tensor:
    """Apply to each x[i] its own map W x + b, taken from parameters[i] (W by rows, then b)."""
    n, inputs = x.shape
    weights = parameters[:, : outputs * inputs].view(n, outputs, inputs)
    result = torch.bmm(weights, x.unsqueeze(2)).squeeze(2)
    if bias:
        first = outputs * inputs
        result = result + parameters[:, first : first + outputs]
    return result


def linear(variant: str, sees: tuple[str, ...], features: int, sizes: Sizes) -> Policy:
    """Return the policy whose output is a linear map of its features."""
    outputs, bias = sizes.outputs, sizes.bias
    return Policy(
        variant, sees, features, outputs, outputs * (features + bias),
        lambda parameters, x: affine(parameters, x, outputs, bias),
    )  # fmt: skip


def hidden(variant: str, sees: tuple[str, ...], features: int, sizes: Sizes) -> Policy:
    """Return the policy with one hidden layer of tanh units between features and output."""
    outputs, inner = sizes.outputs, HIDDEN_UNITS * (features + 1)

    def act(parameters: Tensor, x: Tensor) -> Tensor:
        units = affine(parameters[:, :inner], x, HIDDEN_UNITS, True).tanh()
        return affine(parameters[:, inner:], units, outputs, True)

    total = inner + outputs * (HIDDEN_UNITS + 1)
    return Policy(variant, sees, features, outputs, total, act)


def _with_memory(variant: str, sizes: Sizes) -> Policy:
    sees = ("z", "c", "h") if sizes.sees_cell else ("z", "h")
    return linear(variant, sees, sizes.latent + (len(sees) - 1) * sizes.hidden, sizes)


POLICIES: dict[str, Callable[[Sizes], Policy]] = {
    "z": lambda sizes: linear("z", ("z",), sizes.latent, sizes),
    "z_hidden": lambda sizes: hidden("z_hidden", ("z",), sizes.latent, sizes),
    "z_h": lambda sizes: _with_memory("z_h", sizes),
}


def get_policy(
    variant: str,
    outputs: int,
    latent_size: int,
    hidden_size: int,
    sees_cell: bool = False,
    bias: bool = True,
) -> Policy:
    """Return the policy of that name; see `Sizes` for the arguments.

    Raises:
        WorldModelsError: there is no such variant.
    """
    if variant not in POLICIES:
        raise WorldModelsError(f"variant {variant}: unknown; choose from {', '.join(POLICIES)}")
    return POLICIES[variant](Sizes(outputs, latent_size, hidden_size, sees_cell, bias))


def with_memory(policy: Policy) -> Policy:
    """Return a policy that is also given M's h but ignores it, so it acts the same."""
    if policy.uses_memory:
        return policy
    size = policy.features
    return replace(
        policy, sees=("z", "h"), act=lambda parameters, x: policy.act(parameters, x[:, :size])
    )
