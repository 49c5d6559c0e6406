"""Reward and value as outputs of a network: a number, or bins at exponential distances."""

from typing import Protocol

import torch
from torch import Tensor

BINS = 255
LARGEST = 20.0  # of the bins, in symlog


def symlog(x: Tensor) -> Tensor:
    """Return sign(x) log(1 + |x|)."""
    return x.sign() * x.abs().log1p()


def symexp(x: Tensor) -> Tensor:
    """Return sign(x) (exp(|x|) - 1), the inverse of `symlog`."""
    return x.sign() * x.abs().expm1()


class Scalar(Protocol):
    """How a number is read off a network's raw outputs, (..., size), and learnt."""

    size: int

    def mean(self, raw: Tensor) -> Tensor:
        """Return the expected number, (...)."""
        ...

    def loss(self, raw: Tensor, target: Tensor) -> Tensor:
        """Return the negative log-likelihood of targets, (...), but for a constant."""
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
    """255 bins, evenly spaced in symlog; a target is shared by the two beside it (Dreamer 3)."""

    size = BINS

    def __init__(self) -> None:
        half = symexp(torch.linspace(-LARGEST, 0, BINS // 2 + 1))
        self.bins = torch.cat([half, -half[:-1].flip(0)])

    def mean(self, raw: Tensor) -> Tensor:
        """Return the bins' mean. Opposite bins are added first: uniform outputs give 0 exactly."""
        weighted = raw.float().softmax(-1) * self.bins.to(raw.device)
        middle = BINS // 2
        return (weighted[..., :middle].flip(-1) + weighted[..., middle + 1 :]).sum(-1)

    def loss(self, raw: Tensor, target: Tensor) -> Tensor:
        """Return the cross-entropy; targets beyond the last bins count as these."""
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
