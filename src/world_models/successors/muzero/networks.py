"""MuZero's three networks: representation, dynamics, prediction. None of them draws an image."""

import itertools

import torch
from torch import Tensor, nn

from world_models.successors.actions import ActionSpace
from world_models.successors.muzero.search import Predicted
from world_models.successors.muzero.settings import MuzeroSettings
from world_models.successors.muzero.support import Support


def dense(inputs: int, outputs: int) -> nn.Sequential:
    """Return a linear layer, layer norm, ReLU."""
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LayerNorm(outputs), nn.ReLU())


def to_unit(latent: Tensor) -> Tensor:
    """Scale each latent to the range 0 to 1 by its own minimum and maximum (appendix G)."""
    low, high = latent.amin(-1, keepdim=True), latent.amax(-1, keepdim=True)
    return (latent - low) / (high - low).clamp(min=1e-5)


class Network(nn.Module):
    """Representation, dynamics and prediction.

    Args:
        settings: the sizes. space: the action space.
    """

    def __init__(self, settings: MuzeroSettings, space: ActionSpace) -> None:
        super().__init__()
        self.settings, self.actions = settings, space.size
        self.support = Support(settings.support_size)
        channels = [3 * settings.history, *(settings.depth * 2**n for n in range(4))]
        # Batch norm, as in the paper's ResNets: frames are nearly identical, and without it what
        # they share would drown out their differences.
        layers: list[nn.Module] = [nn.BatchNorm2d(channels[0])]
        for before, after in itertools.pairwise(channels):
            layers += [nn.Conv2d(before, after, 4, stride=2), nn.BatchNorm2d(after), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers)  # as V's: 64, 31, 14, 6, 2 pixels wide
        hidden, latent = settings.hidden_size, settings.latent_size
        seen = channels[-1] * 4 + (settings.history - 1) * self.actions
        self.represent_head = nn.Sequential(dense(seen, hidden), nn.Linear(hidden, latent))
        self.step = nn.Sequential(
            dense(latent + self.actions, hidden), dense(hidden, hidden), nn.Linear(hidden, latent)
        )
        classes = self.support.classes
        self.reward = nn.Sequential(dense(latent, hidden), nn.Linear(hidden, classes))
        self.value = nn.Sequential(dense(latent, hidden), nn.Linear(hidden, classes))
        self.policy = nn.Sequential(dense(latent, hidden), nn.Linear(hidden, self.actions))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Draw all initial weights; the heads' last layers are 0: their outputs start uniform."""
        for each in self.modules():
            if isinstance(each, nn.Linear | nn.Conv2d):
                nn.init.normal_(each.weight, 0, each.weight[0].numel() ** -0.5, generator)
                assert each.bias is not None
                each.bias.zero_()
        for head in (self.reward, self.value, self.policy):
            last = head[-1]
            assert isinstance(last, nn.Linear)
            last.weight.zero_()

    def represent(self, frames: Tensor, actions: Tensor) -> Tensor:
        """Return latents, (n, latent_size).

        Args:
            frames: uint8 (n, history, 64, 64, 3), newest last; black before the episode's start.
            actions: (n, history - 1, actions), one-hot, between the frames; 0 before the start.
        """
        images = frames.permute(0, 1, 4, 2, 3).flatten(1, 2).float() / 255 - 0.5
        seen = self.convolutions(images.contiguous(memory_format=torch.channels_last))
        return to_unit(self.represent_head(torch.cat([seen.flatten(1), actions.flatten(1)], -1)))

    def advance(self, latent: Tensor, action: Tensor) -> Tensor:
        """Return the latents after one-hot actions, (n, actions): a residual step."""
        return to_unit(latent + self.step(torch.cat([latent, action], -1)))

    def predict(self, latent: Tensor) -> Predicted:
        """Predict from latents, for a search: rewards and values as numbers instead of classes."""
        mean = self.support.mean
        reward, value = mean(self.reward(latent)), mean(self.value(latent))
        return Predicted(latent, reward, value, self.policy(latent).float())

    def dynamics(self, latent: Tensor, action: Tensor) -> Predicted:
        """Advance by actions, int64 (n,), and predict, for a search."""
        hot = nn.functional.one_hot(action, self.actions).to(latent.dtype)
        return self.predict(self.advance(latent, hot))
