"""z: normal numbers (PlaNet, Dreamer 1) or categorical variables (Dreamer 2, 3).

All randomness is passed in as standard normal numbers, so the caller decides how they are drawn.
"""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import one_hot, softplus

MIN_STD = 0.1  # smallest σ of a normal latent, in all of the authors' code


class Latent(Protocol):
    """A family of distributions over z.

    Attributes:
        statistics: how many numbers describe a distribution. width: length of z.
        noise: how many standard normal numbers a sample takes.
    """

    statistics: int
    width: int
    noise: int

    def sample(self, statistics: Tensor, noise: Tensor, temperature: float = 1.0) -> Tensor:
        """Sample z, (..., width), with gradients; noise: (..., noise). τ = 1 is as learnt."""
        ...

    def divergence(self, left: Tensor, right: Tensor) -> Tensor:
        """Return KL(left ‖ right) in nats, (...), for statistics (..., statistics)."""
        ...


class NormalLatent:
    """Independent normal numbers; statistics are μ and the inverse softplus of σ - 0.1."""

    def __init__(self, size: int) -> None:
        self.statistics, self.width, self.noise = 2 * size, size, size

    def _of(self, statistics: Tensor) -> tuple[Tensor, Tensor]:
        mean, raw = statistics.float().chunk(2, dim=-1)
        return mean, softplus(raw) + MIN_STD

    def sample(self, statistics: Tensor, noise: Tensor, temperature: float = 1.0) -> Tensor:
        """Return μ + σ √τ noise."""
        mean, std = self._of(statistics)
        return mean + std * temperature**0.5 * noise

    def divergence(self, left: Tensor, right: Tensor) -> Tensor:
        """Return the closed form, summed over the numbers."""
        (mean, std), (other, width) = self._of(left), self._of(right)
        ratio = (std / width).square()
        shift = ((mean - other) / width).square()
        return 0.5 * (ratio + shift - 1 - ratio.log()).sum(-1)


class CategoricalLatent:
    """Independent categorical variables, one-hot, with straight-through gradients.

    Args:
        size: number of variables. classes: number of classes of each.
        unimix: weight of the uniform distribution that is mixed in, in samples and in the KL.
    """

    def __init__(self, size: int, classes: int, unimix: float) -> None:
        self.shape, self.unimix = (size, classes), unimix
        self.statistics, self.width, self.noise = size * classes, size * classes, size

    def _log_probabilities(self, statistics: Tensor) -> Tensor:
        logits = statistics.float().unflatten(-1, self.shape)
        if not self.unimix:
            return logits.log_softmax(-1)
        mixed = (1 - self.unimix) * logits.softmax(-1) + self.unimix / self.shape[1]
        return mixed.log()

    def sample(self, statistics: Tensor, noise: Tensor, temperature: float = 1.0) -> Tensor:
        """Return one-hot samples by inverse transform; log-probabilities are divided by τ."""
        probabilities = (self._log_probabilities(statistics) / temperature).softmax(-1)
        sample = draw(probabilities.detach(), noise)
        if probabilities.requires_grad:
            sample = sample + (probabilities - probabilities.detach())
        return sample.flatten(-2)

    def divergence(self, left: Tensor, right: Tensor) -> Tensor:
        """Return the KL, summed over the variables."""
        ours, theirs = self._log_probabilities(left), self._log_probabilities(right)
        return (ours.exp() * (ours - theirs)).sum((-1, -2))


def draw(probabilities: Tensor, noise: Tensor) -> Tensor:
    """Return one-hot samples, (..., classes).

    Args:
        probabilities: (..., classes). noise: (...), standard normal.
    """
    uniform = torch.special.ndtr(noise)[..., None]
    # Rounding may put `uniform` above the last sum, which would lie beyond the last class.
    chosen = (uniform > probabilities.cumsum(-1)).sum(-1).clamp(max=probabilities.shape[-1] - 1)
    return one_hot(chosen, probabilities.shape[-1]).to(probabilities.dtype)


def latent_of(size: int, classes: int | None, unimix: float) -> Latent:
    """Return the kind of latent that the settings name."""
    return NormalLatent(size) if classes is None else CategoricalLatent(size, classes, unimix)
