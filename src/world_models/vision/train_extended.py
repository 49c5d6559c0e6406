"""Train V with another loss, or without noise in its latents: what ablations ask for."""

from argparse import ArgumentParser
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

from world_models.provenance.imports import progress_digest
from world_models.replaced import replaced
from world_models.section import parse_settings
from world_models.stage.command import run
from world_models.storage import checkpoints
from world_models.vision import train as stage
from world_models.vision.extended import ExtendedVisionSettings
from world_models.vision.model import Vision, sample

NO_NOISE = -60.0  # log σ²: σ is 1e-13, which is lost beside μ in float32


def loss_terms(
    settings: ExtendedVisionSettings,
    model: Vision,
    images: Tensor,
    noise: Tensor,
    kl_tolerance: float,
    mixed: bool = False,
) -> tuple[Tensor, Tensor]:
    """Return the reconstruction's term and the KL's, weighted, each averaged over the batch.

    The arguments and the floor are those of `world_models.vision.train.loss_terms`.
    """
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
    floored = kl.clamp(min=kl_tolerance * model.latent_size)
    return error.sum(dim=(1, 2, 3)).mean(), settings.kl_weight * floored.mean()


def without_noise(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return V's weights with σ ≈ 0 for all frames: its z is μ, in training M and at play."""
    return {
        **state,
        "to_log_sigma2.weight": torch.zeros_like(state["to_log_sigma2.weight"]),
        "to_log_sigma2.bias": torch.full_like(state["to_log_sigma2.bias"], NO_NOISE),
    }


def save(path: Any, kind: str, task: str, tensors: dict[str, Tensor], **about: Any) -> None:
    """Write V as its stage does, its noise taken away if the settings say so.

    What its stage measured (the KL among it) is of V as it was trained.
    """
    if not about["settings"].get("sampled", True):
        tensors = without_noise(tensors)
    checkpoints.save(path, kind, task, tensors, **about)


def main(argv: list[str] | None = None) -> None:
    """Run `world_models.vision.train` with the settings' loss; options and files are the same."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--settings", default="{}")
    parser.add_argument("--task", default="")
    known, _ = parser.parse_known_args(argv)
    settings = parse_settings(ExtendedVisionSettings, known.settings, f"{known.task}.vision")
    parts = {
        "VisionSettings": ExtendedVisionSettings,
        "loss_terms": partial(loss_terms, settings),
        "progress_digest": lambda *_: progress_digest("world_models.vision.train_extended"),
        "checkpoints": _Checkpoints,
    }
    with replaced(stage, **parts):
        stage.main(argv)


class _Checkpoints:
    """The two functions of `storage.checkpoints` that the stage uses."""

    save = staticmethod(save)
    round_to_half = staticmethod(checkpoints.round_to_half)


if __name__ == "__main__":
    run(main)
