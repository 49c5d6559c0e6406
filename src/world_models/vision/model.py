"""The VAE (paper, A.1; vae/vae.py of the original)."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import relu

from world_models.storage import checkpoints

KIND = "vision"
NO_NOISE = -60.0  # log σ²: σ is 1e-13, which is lost in rounding when added to μ in float32


class Vision(nn.Module):
    """V: four strided convolutions to μ and log σ², four transposed ones back to pixels.

    Images are float, shape (N, 3, 64, 64), in 0..1. Parameters: 4,348,547 with 32 latent
    dimensions, 4,446,915 with 64, as in the paper.
    """

    def __init__(self, latent_size: int) -> None:
        super().__init__()
        self.latent_size = latent_size
        sizes = (3, 32, 64, 128, 256)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 4, stride=2) for before, after in itertools.pairwise(sizes)
        )
        self.to_mu = nn.Linear(2 * 2 * 256, latent_size)
        self.to_log_sigma2 = nn.Linear(2 * 2 * 256, latent_size)
        self.from_z = nn.Linear(latent_size, 1024)
        self.deconvolutions = nn.ModuleList(
            nn.ConvTranspose2d(before, after, kernel, stride=2)
            for before, after, kernel in (
                (1024, 128, 5),
                (128, 64, 5),
                (64, 32, 6),
                (32, 3, 6),
            )
        )

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return μ and log σ² of z, each of shape (N, latent_size)."""
        x = images
        for convolution in self.convolutions:
            x = relu(convolution(x))
        x = x.flatten(1)
        return self.to_mu(x), self.to_log_sigma2(x)

    def decode(self, z: Tensor) -> Tensor:
        """Return the images decoded from latents of shape (N, latent_size)."""
        first, *inner, last = self.deconvolutions
        # A transposed convolution of a single pixel is a matrix product, which is three times as
        # fast.
        assert isinstance(first, nn.ConvTranspose2d) and first.bias is not None
        spread = (self.from_z(z) @ first.weight.flatten(1)).unflatten(1, first.weight.shape[1:])
        x = relu(spread + first.bias[:, None, None])
        for deconvolution in inner:
            x = relu(deconvolution(x))
        return torch.sigmoid(last(x))


def to_images(frames: NDArray[np.uint8]) -> Tensor:
    """Turn frames, uint8 (N, 64, 64, 3), into images, float (N, 3, 64, 64) in 0..1.

    They stay channels-last in memory, as frames are, which makes convolutions faster.
    """
    return torch.from_numpy(frames).permute(0, 3, 1, 2).float().div_(255)


def to_frames(images: Tensor) -> NDArray[np.uint8]:
    """Turn images, float (N, 3, 64, 64) in 0..1, into frames, uint8 (N, 64, 64, 3)."""
    frames = images.detach().mul(255).round().clamp(0, 255).to(torch.uint8)
    return frames.permute(0, 2, 3, 1).cpu().numpy()


def sample(mu: Tensor, log_sigma2: Tensor, noise: Tensor) -> Tensor:
    """Return z ~ N(μ, σ²) from standard normal noise of the same shape."""
    return mu + torch.exp(log_sigma2 / 2) * noise


def without_noise(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return V's weights with σ ≈ 0 for all frames, so that z is μ in M's training and at play."""
    return {
        **state,
        "to_log_sigma2.weight": torch.zeros_like(state["to_log_sigma2.weight"]),
        "to_log_sigma2.bias": torch.full_like(state["to_log_sigma2.bias"], NO_NOISE),
    }


def load(path: Path, task: str) -> tuple[Vision, dict[str, Any]]:
    """Return a trained V, ready to encode, and its description.

    Raises:
        WorldModelsError: the checkpoint is missing, damaged, or of another kind, task or latent
            size.
    """
    tensors, about = checkpoints.read(path, KIND, task)
    try:
        model = Vision(int(about["settings"]["latent_size"]))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise checkpoints.incomplete(path, error) from error
    checkpoints.load_into(model, tensors, path)
    return model.eval().requires_grad_(False), about
