"""An RSSM behind the project's world-model contract, for play and for dreams."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.successors.rssm.model import Model
from world_models.world_model.contract import Imagined

PARTS = ("z", "h")


class RssmState(NamedTuple):
    """The model's state in n episodes.

    Attributes:
        z: (n, width), of the current frame; after `advance`, of the one before.
        h: (n, recurrent_size).
    """

    z: Tensor
    h: Tensor


class RssmWorldModel:
    """An RSSM as a world model (see `world_model.contract.WorldModel`).

    A step is one action, which may be held for several steps of the environment.

    Args:
        model: the RSSM, on its device; not changed.
        slots: how many rows a batch has at most.
        first_frames: recorded first frames that dreams start from, uint8 (k, 64, 64, 3); None if
            nothing will be dreamt.
    """

    predicts_reward = True

    def __init__(
        self, model: Model, slots: int, first_frames: NDArray[np.uint8] | None = None
    ) -> None:
        self.model, self.slots, self.first_frames = model, slots, first_frames
        self.device = next(model.parameters()).device
        self.action_size = model.dynamics.action_size
        self.predicts_death = model.continue_head is not None
        self.observe_noise = self.imagine_noise = model.dynamics.latent.noise

    @torch.inference_mode()
    def initial(self, rows: int) -> RssmState:
        """Return z = 0, and the h that a zero action leads to from zeros."""
        dynamics = self.model.dynamics
        h, z = dynamics.initial(rows, self.device)
        nothing = torch.zeros(rows, self.action_size, device=self.device)
        return RssmState(z, dynamics.advance(h, z, nothing))

    @torch.inference_mode()
    def begin(self, seeds: Sequence[int]) -> RssmState:
        """Observe one of the recorded first frames for each seed."""
        assert self.first_frames is not None, "no first frames"
        chosen, noise = [], []
        for seed in seeds:  # a separate stream from the noise of the steps
            rng = np.random.default_rng([seed, 1])
            chosen.append(rng.integers(len(self.first_frames)))
            noise.append(rng.standard_normal(self.observe_noise, dtype=np.float32))
        drawn = torch.from_numpy(np.stack(noise)).to(self.device)
        return self.observe(self.initial(len(seeds)), self.first_frames[chosen], drawn)

    @torch.inference_mode()
    def observe(
        self, state: RssmState, observations: NDArray[np.uint8], noise: Tensor
    ) -> RssmState:
        """Draw z from the posterior."""
        dynamics = self.model.dynamics
        frames = torch.from_numpy(observations).to(self.device)
        seen = dynamics.seen(self.model.encoder(self.model.images(frames)))
        z = dynamics.latent.sample(dynamics.posterior(state.h, seen), noise)
        return state._replace(z=z)

    @torch.inference_mode()
    def advance(self, state: RssmState, actions: Tensor) -> RssmState:
        """Compute the next h; z is unchanged until the next frame."""
        return state._replace(h=self.model.dynamics.advance(state.h, state.z, actions))

    @torch.inference_mode()
    def imagine(
        self, state: RssmState, actions: Tensor, temperature: float, noise: Tensor
    ) -> Imagined:
        """Draw z from the prior, and predict reward and end from the new state."""
        h, z = self.model.dynamics.imagine(state.h, state.z, actions, noise, temperature)
        features = torch.cat([h, z], -1)
        death_logit = None
        if self.model.continue_head is not None:
            death_logit = -self.model.continue_head(features)[:, 0]
        return Imagined(RssmState(z, h), self.model.reward(features), death_logit)

    def features(self, state: RssmState, parts: Sequence[str]) -> Tensor:
        """Lay parts of the state side by side, e.g. [z, h]."""
        for part in parts:
            if part not in PARTS:
                raise WorldModelsError(f"sees {part}: unknown; an RSSM has {', '.join(PARTS)}")
        return torch.cat([getattr(state, part) for part in parts], dim=1)

    @torch.inference_mode()
    def decode(self, features: Tensor) -> NDArray[np.uint8]:
        """Decode features [z, h] to frames, uint8 (n, 64, 64, 3)."""
        z, h = features.split(
            [self.model.dynamics.latent.width, self.model.dynamics.recurrent_size], 1
        )
        images = self.model.decoder(h, z)
        shown = (images.clamp(0, 1) * 255).round().to(torch.uint8)
        return shown.permute(0, 2, 3, 1).cpu().numpy()
