"""MuZero's agent: the networks that are trained, and the actor that plays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import one_hot

from world_models.play.batch import padded
from world_models.play.episodes import Assignment
from world_models.play.noise import EpisodeNoise
from world_models.successors.actions import ActionSpace, gumbel_of
from world_models.successors.muzero.networks import Network
from world_models.successors.muzero.search import search
from world_models.successors.muzero.settings import MuzeroSettings
from world_models.tasks.contract import FRAME_SIZE


class Agent(nn.Module):
    """The network, and the target network: an older copy that gives the targets.

    Args:
        settings: MuZero's. space: the action space, which must be discrete.
    """

    def __init__(self, settings: MuzeroSettings, space: ActionSpace) -> None:
        super().__init__()
        self.settings, self.space = settings, space
        self.network, self.target = Network(settings, space), Network(settings, space)
        self.target.requires_grad_(False)
        self.eval()  # only an update uses a batch's own statistics

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all initial weights."""
        self.network.initialise(generator)
        self.copy()

    def copy(self) -> None:
        """Copy the network to the target network."""
        self.target.load_state_dict(self.network.state_dict())

    def place(self, device: torch.device) -> "Agent":
        """Move the networks and the choices to a device; return the agent itself."""
        self.to(device)
        self.space = self.space.to(device)
        return self


class MuzeroActor:
    """An actor (`play.actors.Actor`) that searches from the last frames and actions.

    Args:
        agent: on its device. slots: episodes side by side.
        explores: sample the actions to consider, as in training; else consider the likeliest.
    """

    def __init__(self, agent: Agent, slots: int, explores: bool) -> None:
        self.agent, self.slots, self.explores = agent, slots, explores
        history, choices = agent.settings.history, agent.space.size
        shape = (slots, history, FRAME_SIZE, FRAME_SIZE, 3)
        self.frames = np.zeros(shape, dtype=np.uint8)
        self.taken = np.zeros((slots, history, choices), dtype=np.float32)  # the last: being chosen
        self.noise = EpisodeNoise(slots, choices)

    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Begin new episodes in some slots."""
        index = list(slots)
        self.noise.start(index, [each.seed for each in assignments])
        self.frames[index] = 0
        self.taken[index] = 0

    @torch.inference_mode()
    def act(self, observations: Any, slots: Sequence[int]) -> NDArray[np.float32]:
        """Choose actions, (all slots, action_size), and remember them."""
        agent, index = self.agent, list(slots)
        self.frames[index] = np.roll(self.frames[index], -1, axis=1)
        self.frames[index, -1] = observations[index]
        rows, space = padded(slots, self.slots), agent.space
        device = next(agent.parameters()).device
        normal = torch.from_numpy(self.noise.next(slots)[rows]).to(device)
        gumbel = gumbel_of(normal) if self.explores else torch.zeros_like(normal)
        frames = torch.from_numpy(self.frames[rows]).to(device)
        taken = torch.from_numpy(self.taken[rows, :-1]).to(device)
        network, settings = agent.network, agent.settings
        root = network.predict(network.represent(frames, taken))
        found = search(
            root, network.dynamics, gumbel,
            settings.simulations, settings.considered, settings.discount, settings.least_spread,
        )  # fmt: skip
        hot = one_hot(found.action, space.size).float()
        place = {slot: at for at, slot in enumerate(rows)}
        self.taken[index, -1] = hot.cpu().numpy()[[place[slot] for slot in index]]
        self.taken[index] = np.roll(self.taken[index], -1, axis=1)
        actions = np.zeros((self.slots, space.action_size), dtype=np.float32)
        actions[rows] = space.to_task(hot).cpu().numpy()
        return actions
