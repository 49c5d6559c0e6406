"""V's loss."""

from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

from world_models.vision.model import Vision, sample
from world_models.vision.settings import VisionSettings


def loss_terms(
    model: Vision, images: Tensor, noise: Tensor, settings: VisionSettings
) -> tuple[Tensor, Tensor]:
    """Return the reconstruction term and the weighted KL term, each averaged over the batch.

    A frame's KL counts as at least `kl_tolerance` nats per latent dimension. The floor applies to
    the sum over the dimensions, not to each one, so V is free to leave some dimensions unused
    (vae/vae.py of the original).

    Args:
        model: V.
        images: (N, 3, 64, 64), in 0..1.
        noise: (N, latent_size), standard normal, used to draw z.
        settings: V's settings. With `mixed_precision` the layers are computed in bfloat16;
            weights, z and the loss stay in float32.

    Returns:
        the squared error or the cross-entropy, summed over a frame's 12,288 values, and the KL in
        nats, summed over the latent dimensions, times `kl_weight`.
    """
    mixed = settings.mixed_precision
    half = partial(torch.autocast, images.device.type, torch.bfloat16, enabled=mixed)
    with half():
        mu, log_sigma2 = (part.to(images.dtype) for part in model.encode(images))
    z = sample(mu, log_sigma2, noise)
    with half():
        decoded = model.decode(z).to(images.dtype)
    if settings.reconstruction == "cross_entropy":
        error = binary_cross_entropy(decoded, images, reduction="none")
    else:
        error = (decoded - images).square()
    kl = -0.5 * (1 + log_sigma2 - mu.square() - log_sigma2.exp()).sum(dim=1)
    floored = kl.clamp(min=settings.kl_tolerance * model.latent_size).mean()
    return error.sum(dim=(1, 2, 3)).mean(), settings.kl_weight * floored
