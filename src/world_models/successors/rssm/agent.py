"""An RSSM's agent: the networks that are trained, and the actor that plays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import one_hot

from world_models.play.batch import padded
from world_models.play.episodes import Assignment
from world_models.play.noise import EpisodeNoise
from world_models.successors.actions import ActionSpace
from world_models.successors.rssm.behaviour import ActorCritic
from world_models.successors.rssm.cem import plan
from world_models.successors.rssm.model import Model
from world_models.successors.rssm.networks import initialise
from world_models.successors.rssm.policies import noise_of
from world_models.successors.rssm.settings import RssmSettings
from world_models.successors.rssm.world_model import RssmState, RssmWorldModel

# An episode's random streams. Also: [seed] for the posterior, [seed, 1] for a dream's start.
ACTING, PLANNING = 2, 3


class Agent(nn.Module):
    """A world model, and an actor and a critic if the preset has them.

    Args:
        settings: the preset's. space: the action space.
    """

    def __init__(self, settings: RssmSettings, space: ActionSpace) -> None:
        super().__init__()
        self.settings, self.space = settings, space
        self.model = Model(settings, space.action_size)
        self.behaviour = None
        if settings.behaviour == "actor_critic":
            self.behaviour = ActorCritic(settings, self.model.dynamics.features, space)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all initial weights."""
        initialise(self, generator)
        if self.behaviour is not None:
            self.behaviour.slow_critic.load_state_dict(self.behaviour.critic.state_dict())

    def place(self, device: torch.device) -> "Agent":
        """Move the networks and the action space to a device; return the agent itself."""
        self.to(device)
        self.space = self.space.to(device)
        if self.behaviour is not None:
            self.behaviour.space = self.space
        return self


class RssmActor:
    """An actor (`play.actors.Actor`) that observes, acts, and keeps the model's state.

    Args:
        agent: the agent, on its device. slots: episodes side by side.
        explores: play as in training; else as at evaluation.
    """

    def __init__(self, agent: Agent, slots: int, explores: bool) -> None:
        self.agent, self.slots, self.explores = agent, slots, explores
        self.world_model = RssmWorldModel(agent.model, slots)
        self.state = self.world_model.initial(slots)
        space = agent.space
        self.drawn = noise_of(space)
        exploring = 2 if space.discrete else space.size
        self.observing = EpisodeNoise(slots, self.world_model.observe_noise)
        self.acting = EpisodeNoise(slots, self.drawn + exploring, ACTING)
        self.planning = [np.random.default_rng(0)] * slots

    @torch.inference_mode()
    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Begin new episodes in some slots."""
        index, seeds = list(slots), [each.seed for each in assignments]
        self.observing.start(index, seeds)
        self.acting.start(index, seeds)
        for slot, seed in zip(index, seeds, strict=True):
            self.planning[slot] = np.random.default_rng([seed, PLANNING])
        for part, new in zip(self.state, self.world_model.initial(len(index)), strict=True):
            part[index] = new

    @torch.inference_mode()
    def act(self, observations: Any, slots: Sequence[int]) -> NDArray[np.float32]:
        """Choose actions, (all slots, action_size), and remember them.

        The number of slots that act may affect how actions are rounded; which slots act does not.
        """
        rows = padded(slots, self.slots)
        device, model = self.world_model.device, self.world_model
        index = torch.tensor(rows, device=device)
        seen = torch.from_numpy(self.observing.next(slots)[rows]).to(device)
        noise = torch.from_numpy(self.acting.next(slots)[rows]).to(device)
        state = RssmState(*(part[index] for part in self.state))
        state = model.observe(state, observations[rows], seen)
        raw = self._choose(state, rows, noise[:, : self.drawn], slots)
        if self.explores and self.agent.settings.exploration:
            raw = self._explore(raw, noise[:, self.drawn :])
        chosen = self.agent.space.to_task(raw)
        after = model.advance(state, chosen)
        acting = set(slots)
        kept = [place for place, slot in enumerate(rows) if slot in acting]
        for part, new in zip(self.state, after, strict=True):
            part[[rows[place] for place in kept]] = new[kept]
        actions = np.zeros((self.slots, self.agent.space.action_size), dtype=np.float32)
        actions[rows] = chosen.cpu().numpy()
        return actions

    def _choose(
        self, state: RssmState, rows: list[int], noise: Tensor, slots: Sequence[int]
    ) -> Tensor:
        """Return raw actions, (len(rows), size)."""
        agent = self.agent
        if agent.behaviour is not None:
            policy = agent.behaviour.policy(torch.cat([state.h, state.z], -1))
            mode = agent.settings.evaluates_mode and not self.explores
            return policy.mode() if mode else policy.sample(noise)
        raw = torch.zeros(len(rows), agent.space.size, device=state.h.device)
        acting = set(slots)
        for place, slot in enumerate(rows):
            if slot in acting:
                seed = int(self.planning[slot].integers(2**62))
                h, z = state.h[place], state.z[place]
                raw[place] = plan(agent.model, h, z, agent.space, agent.settings, seed)
        return raw

    def _explore(self, raw: Tensor, noise: Tensor) -> Tensor:
        """Add noise to continuous actions, or replace a fraction of discrete ones at random."""
        amount, space = self.agent.settings.exploration, self.agent.space
        if not space.discrete:
            return (raw + amount * noise).clamp(-1, 1)
        uniform = torch.special.ndtr(noise)
        other = (uniform[:, 1] * space.size).long().clamp(max=space.size - 1)
        return torch.where(uniform[:, :1] < amount, one_hot(other, space.size).float(), raw)
