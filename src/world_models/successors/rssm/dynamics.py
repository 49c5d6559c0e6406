"""The recurrent state-space model (Hafner et al., 2019, section 3).

    h' = cell(h, z, action)      prior: z' given h'      posterior: z' given h' and the image

Within a sequence, only h and the posterior's z are computed step by step. Everything else (layers
for images and actions, priors, decoder and heads) is computed for all steps at once.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from world_models.successors.rssm.cell import cell_of
from world_models.successors.rssm.latents import latent_of
from world_models.successors.rssm.networks import Dense
from world_models.successors.rssm.settings import RssmSettings


class Observed(NamedTuple):
    """States after each of T steps of n episodes, with the posteriors that z was drawn from.

    Attributes:
        h: (T, n, recurrent_size), float32. z: (T, n, width).
        posterior: (T, n, statistics).
    """

    h: Tensor
    z: Tensor
    posterior: Tensor


class Dynamics(nn.Module):
    """The recurrence of h, the priors and the posteriors.

    Args:
        settings: the model's. action_size: length of an action.
        embedded: length of an image's embedding.

    Attributes:
        latent: z's family of distributions. features: length of [h, z].
    """

    def __init__(self, settings: RssmSettings, action_size: int, embedded: int) -> None:
        super().__init__()
        self.latent = latent_of(settings.latent_size, settings.latent_classes, settings.unimix)
        self.recurrent_size, hidden = settings.recurrent_size, settings.hidden_size
        self.action_size = action_size
        self.features = settings.recurrent_size + self.latent.width
        self.cell = cell_of(settings, self.latent.width, action_size)
        kind = settings.activation, settings.norm
        sizes = [settings.recurrent_size, *[hidden] * (settings.prior_layers - 1)]
        self.prior_layers = nn.Sequential(*(Dense(size, hidden, *kind) for size in sizes))
        self.prior_output = nn.Linear(hidden, self.latent.statistics)
        self.posterior_layer = Dense(settings.recurrent_size + embedded, hidden, *kind)
        self.posterior_output = nn.Linear(hidden, self.latent.statistics)

    def initial(self, rows: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return h and z before an episode: zeros."""
        h = torch.zeros(rows, self.recurrent_size, device=device)
        return h, torch.zeros(rows, self.latent.width, device=device)

    def advance(self, h: Tensor, z: Tensor, actions: Tensor) -> Tensor:
        """Return the h that actions, (n, action_size), lead to."""
        after: Tensor = self.cell(h, z, self.cell.actions(actions))
        return after

    def prior(self, h: Tensor) -> Tensor:
        """Return the prior's statistics, (..., statistics)."""
        statistics: Tensor = self.prior_output(self.prior_layers(h))
        return statistics.float()

    def seen(self, embedded: Tensor) -> Tensor:
        """Return the images' contribution to the posterior's first layer, (..., hidden)."""
        layer = self.posterior_layer.linear
        return linear(embedded, layer.weight[:, self.recurrent_size :], layer.bias)

    def posterior(self, h: Tensor, seen: Tensor) -> Tensor:
        """Return the posterior's statistics, given what the method `seen` returned."""
        layer = self.posterior_layer
        x = linear(h, layer.linear.weight[:, : self.recurrent_size]) + seen
        statistics: Tensor = self.posterior_output(layer.finish(x))
        return statistics.float()

    def observe(self, embedded: Tensor, actions: Tensor, first: Tensor, noise: Tensor) -> Observed:
        """Return the states after each step of sequences; they are reset where `first` is true.

        Args:
            embedded: (T, n, embedded), from the encoder.
            actions: (T, n, action_size), each taken before its image; ignored where `first`.
            first: (T, n), bool: the image is an episode's first.
            noise: (T, n, latent.noise), standard normal.
        """
        goes_on = (~first).float()[..., None]
        acted, seen = self.cell.actions(actions * goes_on), self.seen(embedded)
        h, z = self.initial(embedded.shape[1], embedded.device)
        found = []
        for step in range(len(embedded)):
            h = self.cell(h * goes_on[step], z * goes_on[step], acted[step])
            statistics = self.posterior(h, seen[step])
            z = self.latent.sample(statistics, noise[step])
            found.append((h, z, statistics))
        return Observed(*(torch.stack(each) for each in zip(*found, strict=True)))

    def imagine(
        self, h: Tensor, z: Tensor, actions: Tensor, noise: Tensor, temperature: float = 1.0
    ) -> tuple[Tensor, Tensor]:
        """Return h and z after an unobserved step: z is drawn from the prior."""
        h = self.advance(h, z, actions)
        return h, self.latent.sample(self.prior(h), noise, temperature)
