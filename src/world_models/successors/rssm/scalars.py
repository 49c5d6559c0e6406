"""Reward and value as outputs of a network: a number, or exponentially spaced bins."""

from typing import Protocol

import torch
from torch import Tensor

BINS = 255
LARGEST = 20.0  # the last bin, in symlog


def symlog(x: Tensor) -> Tensor:
    """Return sign(x) log(1 + |x|)."""
    return x.sign() * x.abs().log1p()


def symexp(x: Tensor) -> Tensor:
    """Return sign(x) (exp(|x|) - 1), the inverse of `symlog`."""
    return x.sign() * x.abs().expm1()


class Scalar(Protocol):
    """How a network's raw outputs, (..., size), represent a number, and their loss."""

    size: int

    def mean(self, raw: Tensor) -> Tensor:
        """Return the expected number, (...)."""
        ...

    def loss(self, raw: Tensor, target: Tensor) -> Tensor:
        """Return the negative log-likelihood of targets, (...), up to a constant."""
        ...


class NormalScalar:
    """A normal number with σ = 1."""

    size = 1

    def mean(self, raw: Tensor) -> Tensor:
        """Return the output itself."""
        return raw.float()[..., 0]

    def loss(self, raw: Tensor, target: Tensor) -> Tensor:
        """Return half the squared error."""
        return (self.mean(raw) - target).square() / 2


class TwoHotScalar:
    """255 bins, evenly spaced in symlog; a target is split between its neighbours (Dreamer 3)."""

    size = BINS

    def __init__(self) -> None:
        half = symexp(torch.linspace(-LARGEST, 0, BINS // 2 + 1))
        self.bins = torch.cat([half, -half[:-1].flip(0)])

    def mean(self, raw: Tensor) -> Tensor:
        """Return the mean. Opposite bins are added first, so uniform outputs give exactly 0."""
        weighted = raw.float().softmax(-1) * self.bins.to(raw.device)
        middle = BINS // 2
        return (weighted[..., :middle].flip(-1) + weighted[..., middle + 1 :]).sum(-1)

    def loss(self, raw: Tensor, target: Tensor) -> Tensor:
        """Return the cross-entropy; targets outside the bins are clamped to the last ones."""
        bins = self.bins.to(raw.device)
        target = target.detach().float().clamp(bins[0], bins[-1]).contiguous()
        above = torch.searchsorted(bins, target).clamp(1, BINS - 1)
        below = above - 1
        share = (target - bins[below]) / (bins[above] - bins[below])
        logs = raw.float().log_softmax(-1)
        chosen = logs.gather(-1, torch.stack([below, above], -1))
        return -((1 - share) * chosen[..., 0] + share * chosen[..., 1])


def scalar_of(output: str) -> Scalar:
    """Return what the setting `scalar_output` names."""
    return TwoHotScalar() if output == "two_hot" else NormalScalar()
