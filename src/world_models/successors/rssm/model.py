"""The world model as it is trained: encoder, dynamics, decoder, heads, and their loss."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from world_models.successors.driver import Flag
from world_models.successors.rssm.convolutions import Decoder, Encoder, to_images
from world_models.successors.rssm.dynamics import Dynamics
from world_models.successors.rssm.networks import Mlp
from world_models.successors.rssm.scalars import scalar_of
from world_models.successors.rssm.settings import RssmSettings


class Batch(NamedTuple):
    """n windows of the replay, T rows each; see `successors.driver.columns`.

    Attributes:
        frames: uint8 (T, n, 64, 64, 3). actions: (T, n, action_size). rewards: (T, n).
        first, last, terminated: (T, n), bool; a window's first row also counts as `first`, since
            what came before it is unknown.
    """

    frames: Tensor
    actions: Tensor
    rewards: Tensor
    first: Tensor
    last: Tensor
    terminated: Tensor


def to_batch(
    rows: Mapping[str, NDArray[Any]], settings: RssmSettings, device: torch.device
) -> Batch:
    """Return windows drawn from the replay as tensors on a device."""
    frames, actions, rewards, flags = (
        torch.from_numpy(rows[name]).to(device)
        for name in ("frames", "actions", "rewards", "flags")
    )
    first, last, terminated = (
        (flags & flag) > 0 for flag in (Flag.FIRST, Flag.LAST, Flag.TERMINATED)
    )
    first[0] = True
    return Batch(frames, actions, as_learnt(rewards, settings), first, last, terminated)


def as_learnt(rewards: Tensor, settings: RssmSettings) -> Tensor:
    """Return rewards as the model learns and predicts them."""
    return rewards.tanh() if settings.reward_transform == "tanh" else rewards


class Learnt(NamedTuple):
    """A batch's loss, its terms, and the states, (T, n, ...), with gradients."""

    loss: Tensor
    terms: dict[str, Tensor]
    h: Tensor
    z: Tensor


class Model(nn.Module):
    """Everything that is learnt about the environment.

    Args:
        settings: the preset's. action_size: numbers in an action.
    """

    def __init__(self, settings: RssmSettings, action_size: int) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = Encoder(settings)
        self.dynamics = Dynamics(settings, action_size, self.encoder.outputs)
        self.decoder = Decoder(settings, self.dynamics.latent.width)
        self.scalar = scalar_of(settings.scalar_output)
        head = settings.head_units, settings.activation, settings.norm
        # A two-hot head starts at 0; otherwise its first predictions are astronomical.
        scale = 0.0 if settings.scalar_output == "two_hot" else 1.0
        features = self.dynamics.features
        self.reward_head = Mlp(features, self.scalar.size, settings.reward_layers, *head, scale)
        self.continue_head = None
        if settings.predicts_continue:
            self.continue_head = Mlp(features, 1, settings.continue_layers, *head)

    def images(self, frames: Tensor, noise: Tensor | None = None) -> Tensor:
        """Return frames, uint8 (n, 64, 64, 3), as the model sees them, (n, 3, 64, 64) in 0..1."""
        return to_images(frames, self.settings.image_bits, noise)

    def reward(self, features: Tensor) -> Tensor:
        """Return the expected reward for reaching states, (...), given (..., features)."""
        return self.scalar.mean(self.reward_head(features))

    def continues(self, features: Tensor) -> Tensor:
        """Return the probability that the episode goes on from states, (...)."""
        if self.continue_head is None:
            return torch.ones_like(features[..., 0])
        logits: Tensor = self.continue_head(features)
        return logits.float()[..., 0].sigmoid()

    def learn(self, batch: Batch, generator: torch.Generator) -> Learnt:
        """Return the loss of a batch, averaged over its rows.

        Args:
            generator: draws the noise, on the CPU.
        """
        settings, device = self.settings, batch.frames.device
        rows = batch.first.shape

        def normal(*shape: int) -> Tensor:
            return torch.randn(*rows, *shape, generator=generator).to(device)

        frames, filling = batch.frames.flatten(0, 1), None
        if settings.image_bits < 8:
            filling = torch.rand(frames.shape, generator=generator).to(device)
        images = self.images(frames, filling)
        embedded = self.encoder(images).unflatten(0, rows)
        noise = normal(self.dynamics.latent.noise)
        h, z, posterior = self.dynamics.observe(embedded, batch.actions, batch.first, noise)
        prior = self.dynamics.prior(h)
        features = torch.cat([h, z], -1)
        decoded = self.decoder(h.flatten(0, 1), z.flatten(0, 1))
        terms = {
            "image": self.decoder.loss(decoded, images).mean(),
            "reward": self.scalar.loss(self.reward_head(features), batch.rewards).mean(),
        }
        loss = terms["image"] + settings.reward_scale * terms["reward"]
        if self.continue_head is not None:
            goes_on = (~batch.terminated).float()
            logits = self.continue_head(features).float()[..., 0]
            terms["continue"] = binary_cross_entropy_with_logits(logits, goes_on)
            loss = loss + settings.continue_scale * terms["continue"]
        divergence, terms["kl"] = self.divergence(posterior, prior)
        return Learnt(loss + divergence, terms, h, z)

    def divergence(self, posterior: Tensor, prior: Tensor) -> tuple[Tensor, Tensor]:
        """Return the KL part of the loss, and the mean KL in nats.

        If both weights are 1, the gradient is that of a single KL that both sides learn from, as in
        PlaNet and Dreamer 1. Other weights balance the two sides (Dreamer 2, equation 2).
        """
        settings, latent = self.settings, self.dynamics.latent
        dynamics = latent.divergence(posterior.detach(), prior)
        representation = latent.divergence(posterior, prior.detach())
        parts = []
        for each in (dynamics, representation):
            each = each.mean() if settings.free_nats_of == "mean" else each
            parts.append(each.clamp(min=settings.free_nats).mean())
        whole = settings.kl_dynamics * parts[0] + settings.kl_representation * parts[1]
        return whole, dynamics.detach().mean()
