"""How well V reconstructs frames, measured on held-out rollouts."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.rollouts.store import ROWS_PER_CHUNK, Shard
from world_models.vision.model import Vision, to_images

MOVED = 0.1  # a pixel has changed if one of its channels, in 0..1, has changed by more than this
ROWS = 2048  # about how many frames are measured, in chunks spread evenly over the shard


def spread(shard: Shard, rows: int = ROWS) -> Iterator[NDArray[np.uint8]]:
    """Yield chunks of frames spread evenly over a shard, about `rows` frames in all."""
    starts = range(0, shard.steps, ROWS_PER_CHUNK)
    every = max(1, len(starts) * ROWS_PER_CHUNK // rows)
    for start in starts[::every]:
        yield np.asarray(shard.rows["frames"][start : start + ROWS_PER_CHUNK])


def mean_image(shards: Sequence[Shard]) -> torch.Tensor:
    """Return the mean training image, float (3, 64, 64) in 0..1, of frames from all shards."""
    total, count = torch.zeros(3, 64, 64, dtype=torch.float64), 0
    for shard in shards:
        for frames in spread(shard, max(ROWS_PER_CHUNK, ROWS // len(shards))):
            total += to_images(frames).sum(dim=0)
            count += len(frames)
    return (total / count).float()


def moved(images: torch.Tensor) -> torch.Tensor:
    """Return which pixels of images 1, 2, … differ from the previous image, (n - 1, 1, 64, 64).

    These pixels show the small things that matter for play: the car and the road's edge, fireballs
    and monsters. If half of an image differs, a new episode is taken to have begun, and none of
    its pixels counts.
    """
    change = (images[1:] - images[:-1]).abs().amax(dim=1, keepdim=True) > MOVED
    return change & (change.float().mean(dim=(1, 2, 3), keepdim=True) < 0.5)


@torch.inference_mode()
def measure(
    model: Vision, held_out: Shard, shards: Sequence[Shard], device: torch.device
) -> dict[str, float]:
    """Return V's errors on held-out frames.

    Returns:
        reconstruction_error: squared error of the frame decoded from μ, summed over its values.
        mean_image_error: the same with the mean training image as the reconstruction.
        moving_error, moving_mean_image_error: the same two over changed pixels only.
        kl: mean KL divergence of a frame's z from the prior, in nats.
        active_dimensions: latent dimensions whose μ varies by more than 0.01 over the frames.
        frames: how many frames were measured.
    """
    mean = mean_image(shards).to(device)
    sums, mus, count = torch.zeros(5, dtype=torch.float64), [], 0
    for frames in spread(held_out):
        images = to_images(frames).to(device)
        mu, log_sigma2 = model.encode(images)
        ours, plain = (model.decode(mu) - images).square(), (mean - images).square()
        change = moved(images)
        kl = -0.5 * (1 + log_sigma2 - mu.square() - log_sigma2.exp())
        parts = (ours, plain, ours[1:] * change, plain[1:] * change, kl)
        sums += torch.tensor([part.double().sum().item() for part in parts])
        mus.append(mu)
        count += len(images)
    names = (
        "reconstruction_error", "mean_image_error", "moving_error", "moving_mean_image_error", "kl"
    )  # fmt: skip
    return {
        **dict(zip(names, (sums / count).tolist(), strict=True)),
        "active_dimensions": int((torch.cat(mus).var(dim=0) > 0.01).sum()),
        "frames": count,
    }
