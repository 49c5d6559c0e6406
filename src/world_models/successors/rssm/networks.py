"""Layers that the encoder, dynamics, decoder and heads are built from."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, relu, silu

from world_models.successors.rssm.settings import Activation, Norm

ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {"relu": relu, "elu": elu, "silu": silu}
EPSILON = 1e-4  # of the norms, as in Dreamer 3


def norm_of(kind: Norm, size: int) -> nn.Module:
    """Return the named norm over a last dimension of the given size."""
    if kind == "none":
        return nn.Identity()
    norm = nn.RMSNorm if kind == "rms" else nn.LayerNorm
    return norm(size, eps=EPSILON)


class Dense(nn.Module):
    """Linear layer, norm, activation."""

    def __init__(self, inputs: int, outputs: int, activation: Activation, norm: Norm) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.norm = norm_of(norm, outputs)
        self.activation = ACTIVATIONS[activation]

    def forward(self, x: Tensor) -> Tensor:
        """(..., inputs) → (..., outputs)."""
        return self.finish(self.linear(x))

    def finish(self, x: Tensor) -> Tensor:
        """Return what follows the linear layer, for a product that was computed elsewhere."""
        return self.activation(self.norm(x))


class Mlp(nn.Sequential):
    """Dense layers, then a linear one.

    Args:
        inputs, outputs: sizes of input and output. layers, units: number and size of hidden layers.
        scale: factor of the last layer's initial weights; at 0 the first outputs are 0.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        layers: int,
        units: int,
        activation: Activation,
        norm: Norm,
        scale: float = 1.0,
    ) -> None:
        sizes = [inputs, *[units] * layers]
        hidden = (Dense(a, units, activation, norm) for a in sizes[:-1])
        super().__init__(*hidden, nn.Linear(sizes[-1], outputs))
        self.scale = scale


class BlockLinear(nn.Module):
    """A block-diagonal linear layer: each part of the output sees only its part of the input."""

    def __init__(self, inputs: int, outputs: int, blocks: int) -> None:
        super().__init__()
        self.blocks = blocks
        self.weight = nn.Parameter(torch.empty(blocks, inputs // blocks, outputs // blocks))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs) → (n, outputs)."""
        parts = x.unflatten(-1, (self.blocks, -1)).transpose(0, 1)
        return torch.bmm(parts, self.weight).transpose(0, 1).flatten(1) + self.bias


@torch.no_grad()
def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw all initial weights as in Dreamer 3: normal, truncated at 2 σ, variance 1 / inputs.

    Biases are 0; norms keep their initial 1. This is the same in all presets. An `Mlp`'s last layer
    is multiplied by its scale.
    """
    for each in module.modules():
        weight = getattr(each, "weight", None)
        if isinstance(each, nn.RMSNorm | nn.LayerNorm) or not isinstance(weight, Tensor):
            continue
        if isinstance(each, nn.ConvTranspose2d):  # (inputs, outputs, height, width)
            # With stride 2 each output pixel sees a quarter of the kernel.
            inputs = weight.shape[0] * weight[0, 0].numel() / 4
        elif isinstance(each, BlockLinear):
            inputs = weight.shape[1]
        else:
            inputs = weight[0].numel()
        std = inputs**-0.5 / 0.87962566  # the σ of a standard normal truncated at 2 σ
        nn.init.trunc_normal_(weight, 0, std, -2 * std, 2 * std, generator)
        bias = getattr(each, "bias", None)
        if isinstance(bias, Tensor):
            bias.zero_()
    for each in module.modules():
        if isinstance(each, Mlp):
            last = each[-1]
            assert isinstance(last, nn.Linear)
            last.weight.mul_(each.scale)
