"""Rewards and values as classes: MuZero's transform and its two-hot targets (appendix F)."""

import torch
from torch import Tensor

EPSILON = 0.001


def transform(x: Tensor) -> Tensor:
    """Return sign(x) (√(|x| + 1) - 1) + 0.001 x."""
    return x.sign() * ((x.abs() + 1).sqrt() - 1) + EPSILON * x


def inverse(y: Tensor) -> Tensor:
    """Return the x whose transform is y."""
    root = (1 + 4 * EPSILON * (y.abs() + 1 + EPSILON)).sqrt()
    return y.sign() * (((root - 1) / (2 * EPSILON)).square() - 1)


class Support:
    """Classes from -size to size, evenly spaced after the transform.

    Attributes:
        classes: 2 size + 1.
    """

    def __init__(self, size: int) -> None:
        self.size, self.classes = size, 2 * size + 1

    def mean(self, logits: Tensor) -> Tensor:
        """Return the expected value, (...), for logits, (..., classes)."""
        share = logits.float().softmax(-1)
        # Pair each class with its negative, so that equal shares give exactly 0 despite rounding.
        above, below = share[..., self.size + 1 :], share[..., : self.size].flip(-1)
        values = torch.arange(1, self.size + 1, device=logits.device).float()
        expected = ((above - below) * values).sum(-1)
        return inverse(expected.double()).float()  # the square root loses digits near 0

    def two_hot(self, x: Tensor) -> Tensor:
        """Return two-hot targets, (..., classes): each number is split between two neighbours."""
        place = transform(x.float()).clamp(-self.size, self.size) + self.size
        low = place.floor().clamp(max=self.classes - 2)
        share = (place - low)[..., None]
        hot = torch.zeros(*x.shape, self.classes, device=x.device)
        index = low.long()[..., None]
        return hot.scatter(-1, index, 1 - share).scatter(-1, index + 1, share)

    def loss(self, logits: Tensor, x: Tensor) -> Tensor:
        """Return the cross-entropy, (...)."""
        return cross_entropy(logits, self.two_hot(x))


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Return -Σ target log softmax(logits) over the last dimension."""
    return -(target * logits.float().log_softmax(-1)).sum(-1)
