"""The actor's distributions. All randomness is passed in as standard normal numbers.

`raw` is a sample: one-hot if actions are discrete, else numbers that are clipped to -1 to 1 later
(see `successors.actions.ActionSpace`).
"""

import math
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import softplus

from world_models.successors.actions import ActionSpace
from world_models.successors.rssm.latents import draw
from world_models.successors.rssm.settings import RssmSettings

LOG_SQRT_2PI = 0.5 * math.log(2 * math.pi)


class Policy(Protocol):
    """Distributions for a batch, given by a network's outputs."""

    def sample(self, noise: Tensor) -> Tensor:
        """Return raw actions, (..., size), with pathwise or straight-through gradients."""
        ...

    def mode(self) -> Tensor:
        """Return the likeliest raw actions; for tanh_normal, the tanh of the normal's mean."""
        ...

    def log_probability(self, raw: Tensor) -> Tensor:
        """Return the log-density or log-probability of raw actions, (...)."""
        ...

    def entropy(self) -> Tensor:
        """Return the entropy in nats, (...)."""
        ...


class Choice:
    """A choice of one in n; outputs: (..., n), logits."""

    def __init__(self, outputs: Tensor, unimix: float) -> None:
        self.logs = outputs.float().log_softmax(-1)
        if unimix:
            mixed = (1 - unimix) * self.logs.exp() + unimix / outputs.shape[-1]
            self.logs = mixed.log()

    def sample(self, noise: Tensor) -> Tensor:
        """Sample by inverse transform; noise: (..., 1)."""
        probabilities = self.logs.exp()
        sample = draw(probabilities.detach(), noise[..., 0])
        return sample + (probabilities - probabilities.detach())

    def mode(self) -> Tensor:
        """Return the likeliest choice, one-hot."""
        return torch.zeros_like(self.logs).scatter_(-1, self.logs.argmax(-1, keepdim=True), 1)

    def log_probability(self, raw: Tensor) -> Tensor:
        """Return the log-probability of the choice."""
        return (self.logs * raw).sum(-1)

    def entropy(self) -> Tensor:
        """Return it in closed form."""
        return -(self.logs.exp() * self.logs).sum(-1)


class BoundedNormal:
    """Normal with a tanh mean and σ from 0.1 to 1 (Dreamer 3); samples beyond ±1 act as ±1."""

    def __init__(self, outputs: Tensor) -> None:
        mean, raw = outputs.float().chunk(2, -1)
        self.mean, self.std = mean.tanh(), 0.9 * (raw + 2).sigmoid() + 0.1

    def sample(self, noise: Tensor) -> Tensor:
        """Return μ + σ noise."""
        return self.mean + self.std * noise

    def mode(self) -> Tensor:
        """Return μ."""
        return self.mean

    def log_probability(self, raw: Tensor) -> Tensor:
        """Return the normal's log-density."""
        return _log_normal(raw, self.mean, self.std).sum(-1)

    def entropy(self) -> Tensor:
        """Return the normal's entropy."""
        return (self.std.log() + LOG_SQRT_2PI + 0.5).sum(-1)


class TanhNormal:
    """tanh of a normal number whose σ starts at 5 (Dreamer 1)."""

    def __init__(self, outputs: Tensor) -> None:
        mean, raw = outputs.float().chunk(2, -1)
        self.mean = 5 * (mean / 5).tanh()
        self.std = softplus(raw + math.log(math.expm1(5.0))) + 1e-4

    def sample(self, noise: Tensor) -> Tensor:
        """Return tanh(μ + σ noise)."""
        return (self.mean + self.std * noise).tanh()

    def mode(self) -> Tensor:
        """Return tanh(μ)."""
        return self.mean.tanh()

    def log_probability(self, raw: Tensor) -> Tensor:
        """Return the log-density; raw is clamped just inside ±1, where atanh is infinite."""
        x = raw.clamp(-1 + 1e-6, 1 - 1e-6).atanh()
        # log(1 - tanh²(x)), in a numerically stable form.
        squashed = 2 * (math.log(2) - x - softplus(-2 * x))
        return (_log_normal(x, self.mean, self.std) - squashed).sum(-1)

    def entropy(self) -> Tensor:
        """Estimate the entropy from quantiles of the normal, as there is no closed form."""
        shares = (torch.arange(32, device=self.mean.device) + 0.5) / 32
        x = self.mean + self.std * torch.special.ndtri(shares).view(-1, *[1] * self.mean.ndim)
        squashed = 2 * (math.log(2) - x - softplus(-2 * x))
        return (self.std.log() + LOG_SQRT_2PI + 0.5 + squashed.mean(0)).sum(-1)


class TruncatedNormal:
    """Normal with a tanh mean, truncated at ±1 (Dreamer 2)."""

    def __init__(self, outputs: Tensor) -> None:
        mean, raw = outputs.float().chunk(2, -1)
        self.mean, self.std = mean.tanh(), 2 * (raw / 2).sigmoid() + 0.1
        self.low, self.high = (-1 - self.mean) / self.std, (1 - self.mean) / self.std
        self.below = torch.special.ndtr(self.low)
        self.inside = torch.special.ndtr(self.high) - self.below

    def sample(self, noise: Tensor) -> Tensor:
        """Sample by inverse transform."""
        share = self.below + torch.special.ndtr(noise) * self.inside
        standard = torch.special.ndtri(share.clamp(1e-6, 1 - 1e-6))
        return (self.mean + self.std * standard).clamp(-1, 1)

    def mode(self) -> Tensor:
        """Return the mean of the normal, which lies within ±1."""
        return self.mean

    def log_probability(self, raw: Tensor) -> Tensor:
        """Return the log-density of the truncated normal."""
        return (_log_normal(raw, self.mean, self.std) - self.inside.log()).sum(-1)

    def entropy(self) -> Tensor:
        """Return it in closed form."""
        ends = [
            each * torch.exp(-each.square() / 2 - LOG_SQRT_2PI) for each in (self.low, self.high)
        ]
        cut = (ends[0] - ends[1]) / (2 * self.inside)
        return (LOG_SQRT_2PI + 0.5 + (self.std * self.inside).log() + cut).sum(-1)


def _log_normal(x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    return -((x - mean) / std).square() / 2 - std.log() - LOG_SQRT_2PI


NUMBERS: dict[str, type[BoundedNormal] | type[TanhNormal] | type[TruncatedNormal]] = {
    "bounded_normal": BoundedNormal,
    "tanh_normal": TanhNormal,
    "truncated_normal": TruncatedNormal,
}


def outputs_of(space: ActionSpace) -> int:
    """Return how many outputs an actor has: logits, or mean and spread of each action value."""
    return space.size if space.discrete else 2 * space.size


def noise_of(space: ActionSpace) -> int:
    """Return how many standard normal numbers a sample takes."""
    return 1 if space.discrete else space.size


def policy_of(outputs: Tensor, space: ActionSpace, settings: RssmSettings) -> Policy:
    """Return the distributions that an actor's outputs describe."""
    if space.discrete:
        return Choice(outputs, settings.actor_unimix)
    return NUMBERS[settings.number_policy](outputs)
