"""The mixture against torch.distributions and against its analytic moments."""

import math
from collections.abc import Iterable

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, Normal

from world_models.memory.mixture import moments, negative_log_likelihood, sample
from world_models.memory.model import Prediction


def mixtures(*shape: int, seed: int = 0) -> Prediction:
    """Return random mixtures in float64, of shape (..., L, K)."""
    rng = torch.Generator().manual_seed(seed)
    raw, means, log_sigmas = (torch.randn(*shape, generator=rng).double() for _ in range(3))
    return of(torch.log_softmax(2 * raw, -1), 2 * means, 0.7 * log_sigmas)


def of(log_weights: Tensor, means: Tensor, log_sigmas: Tensor) -> Prediction:
    """Return a prediction of latents alone, without death or reward."""
    return Prediction(log_weights, means, log_sigmas, None, None)


def spread_out(parts: Iterable[Tensor], *shape: int) -> Prediction:
    """Return the mixtures expanded to a larger shape."""
    log_weights, means, log_sigmas = (part.expand(*shape) for part in parts)
    return of(log_weights, means, log_sigmas)


def reference(prediction: Prediction) -> MixtureSameFamily:
    """Return the same mixtures as torch.distributions."""
    components = Normal(prediction.means, prediction.log_sigmas.exp())
    return MixtureSameFamily(Categorical(logits=prediction.log_weights), components)


def test_likelihood_is_the_references() -> None:
    """The NLL is the reference's, averaged over dimensions, to 1e-6 in float64."""
    prediction = mixtures(40, 25, 6, 5)
    target = 3 * torch.randn(40, 25, 6).double()
    expected = -reference(prediction).log_prob(target).mean(dim=-1)
    nll = negative_log_likelihood(prediction, target)
    assert nll.shape == (40, 25)
    assert (nll - expected).abs().max() < 1e-6


def test_likelihood_far_out() -> None:
    """The NLL stays finite in float32 for the narrowest and widest σ and a distant target."""
    for log_sigma in (-20.0, 20.0):
        parts = (torch.log(torch.tensor([0.5, 0.5])), torch.zeros(2), torch.full((2,), log_sigma))
        prediction = spread_out(parts, 1, 1, 2)
        assert negative_log_likelihood(prediction, torch.full((1, 1), 100.0)).isfinite().all()


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 1.3])
def test_samples_have_the_analytic_moments(temperature: float) -> None:
    """The mean and variance of many samples at τ agree with `moments` in each dimension."""
    draws, prediction = 200_000, mixtures(8, 5)
    rng = torch.Generator().manual_seed(2)
    uniforms = torch.rand(draws, 8, generator=rng).double()
    normals = torch.randn(draws, 8, generator=rng).double()
    many = spread_out(mixtures(8, 5)[:3], draws, 8, 5)
    drawn = sample(many, temperature, uniforms, normals)
    mean, variance = moments(prediction, temperature)
    error = (variance / draws).sqrt()
    assert ((drawn.mean(0) - mean).abs() < 5 * error).all()
    fourth = (drawn - mean).pow(4).mean(0)
    spread = ((fourth - variance.square()) / draws).sqrt()
    assert ((drawn.var(0) - variance).abs() < 5 * spread).all()


def test_moments_are_the_references() -> None:
    """At τ = 1 the moments are those of torch.distributions."""
    prediction = mixtures(8, 5)
    mean, variance = moments(prediction, 1.0)
    torch.testing.assert_close(mean, reference(prediction).mean)
    torch.testing.assert_close(variance, reference(prediction).variance)


@pytest.mark.parametrize("temperature", [1e-3, 1e-12, 1e-38])
def test_cold_dreams_are_certain(temperature: float) -> None:
    """As τ → 0, samples approach the likeliest component's mean, in float32 too."""
    log_weights, means, log_sigmas = mixtures(500, 8, 5)[:3]
    prediction = of(log_weights.float(), means.float(), log_sigmas.float())
    best = prediction.log_weights.argmax(-1, keepdim=True)
    expected = prediction.means.gather(-1, best)[..., 0]
    margin = prediction.log_weights.topk(2, dim=-1).values.diff(dim=-1)[..., 0].abs()
    drawn = sample(prediction, temperature, torch.rand(500, 8), torch.randn(500, 8))
    wide = 6 * prediction.log_sigmas.amax(-1).exp() * math.sqrt(temperature) + 1e-6
    clear = margin > 20 * temperature
    assert clear.float().mean() > 0.95
    assert ((drawn - expected).abs() <= wide)[clear].all()
    mean, variance = moments(prediction, temperature)
    assert mean.isfinite().all() and variance.isfinite().all()


def test_every_uniform_chooses() -> None:
    """Uniforms of 0 and just below 1 choose components with a weight above zero."""
    weights = torch.tensor([-math.inf, math.log(0.3), math.log(0.7), -math.inf])
    parts = (weights, torch.arange(4.0), torch.full((4,), -20.0))
    prediction = spread_out(parts, 2, 1, 4)
    uniforms = torch.tensor([[0.0], [1 - 2**-24]])
    drawn = sample(prediction, 1.0, uniforms, torch.zeros(2, 1))
    assert drawn.flatten().tolist() == [1, 2]
