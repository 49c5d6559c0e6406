"""The mixture that M predicts for each latent dimension: likelihood, samples, moments."""

import math

import torch
from torch import Tensor

from world_models.memory.model import Prediction


def negative_log_likelihood(prediction: Prediction, target: Tensor) -> Tensor:
    """Return -log p(target), averaged over the latent dimensions, in nats.

    As in the original's loss (tf.reduce_mean) it is the mean over the dimensions, not their sum, so
    the gradient does not grow with the latent size.

    Args:
        prediction: mixtures of shape (..., L, K).
        target: (..., L).

    Returns:
        (...).
    """
    scaled = (target[..., None] - prediction.means) * torch.exp(-prediction.log_sigmas)
    log_density = prediction.log_weights - prediction.log_sigmas - 0.5 * scaled.square()
    return 0.5 * math.log(2 * math.pi) - torch.logsumexp(log_density, dim=-1).mean(dim=-1)


def sample(prediction: Prediction, temperature: float, uniforms: Tensor, normals: Tensor) -> Tensor:
    """Draw the next latent: log weights are divided by τ, noise is multiplied by √τ.

    The component is drawn by inverting the cumulative sum of the weights.

    Args:
        prediction: mixtures of shape (..., L, K); the log weights need not be normalised.
        temperature: τ > 0. Near 0 the result is the mean of the likeliest component.
        uniforms: (..., L), from [0, 1). normals: (..., L), standard normal.

    Returns:
        (..., L).
    """
    cumulative = _tempered(prediction.log_weights, temperature).cumsum(dim=-1)
    threshold = uniforms[..., None] * cumulative[..., -1:]
    # The last sum is left out of the comparison: rounding could put the threshold above it.
    chosen = (cumulative[..., :-1] <= threshold).sum(dim=-1, keepdim=True)
    mean = prediction.means.gather(-1, chosen)[..., 0]
    log_sigma = prediction.log_sigmas.gather(-1, chosen)[..., 0]
    return mean + torch.exp(log_sigma) * (normals * math.sqrt(temperature))


def moments(prediction: Prediction, temperature: float) -> tuple[Tensor, Tensor]:
    """Return the mean and variance, each (..., L), of what `sample` draws."""
    weights = _tempered(prediction.log_weights, temperature)
    weights = weights / weights.sum(dim=-1, keepdim=True)
    mean = (weights * prediction.means).sum(dim=-1)
    within = torch.exp(2 * prediction.log_sigmas) * temperature
    spread = (prediction.means - mean[..., None]).square()
    return mean, (weights * (within + spread)).sum(dim=-1)


def _tempered(log_weights: Tensor, temperature: float) -> Tensor:
    """Return the weights at τ, scaled so that each dimension's largest is 1 and none overflows."""
    peak = log_weights.amax(dim=-1, keepdim=True)
    return torch.exp((log_weights - peak) / temperature)
