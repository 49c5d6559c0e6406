"""M's surprise as a reward, for evolving a curious controller (paper, section 5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.agent import Agent, ControllerActor
from world_models.controller.spec import AgentSpec
from world_models.memory.mixture import negative_log_likelihood
from world_models.memory.model import Prediction
from world_models.play.episodes import Episode
from world_models.tasks.contract import VectorEnvironment
from world_models.world_model.vision_memory import VisionMemory


class Perceiving(Protocol):
    """An actor that keeps each slot's world model state, as of its last action."""

    slots: int
    world_model: Any
    state: Any


class SurpriseMeter:
    """M's loss at each step of an agent's episodes.

    Args:
        agent: the actor. It must feed M at each step; with a controller of z alone it does not.
    """

    def __init__(self, agent: Perceiving) -> None:
        assert isinstance(agent.world_model, VisionMemory) and agent.world_model.memory is not None
        self.agent, self.memory = agent, agent.world_model.memory
        shape = (agent.slots, self.memory.latent_size, self.memory.mixtures)
        self.predicted = [torch.zeros(shape) for _ in range(3)]  # a mixture's parts, by slot
        self.known = np.zeros(agent.slots, dtype=bool)

    def start(self, slots: Sequence[int]) -> None:
        """Discard the predictions of some slots, where new episodes begin."""
        self.known[list(slots)] = False

    @torch.inference_mode()
    def read(self, slots: Sequence[int]) -> NDArray[np.float64]:
        """Return M's loss on the z that the agent has just seen, and predict the next one.

        It is the negative log likelihood of z, in nats, averaged over the latent dimensions as in
        M's training; NaN at an episode's first step, which M had no chance to predict.

        Args:
            slots: the slots in which the agent has just acted.

        Returns:
            (all slots,); NaN in the other slots.
        """
        found, state = np.full(self.agent.slots, np.nan), self.agent.state
        foretold = [slot for slot in slots if self.known[slot]]
        if foretold:
            weights, means, sigmas = (part[foretold] for part in self.predicted)
            before = Prediction(weights, means, sigmas, None, None)
            found[foretold] = negative_log_likelihood(before, state.z[foretold]).numpy()
        index = list(slots)
        heads = self.memory.heads(state.h[index])
        for part, new in zip(self.predicted, heads[:3], strict=True):
            part[index] = new
        self.known[index] = True
        return found


class Surprising(VectorEnvironment):
    """Real environments that pay M's loss instead of their own rewards.

    Args:
        environments: the environments to wrap.
        agent: the agent that plays in them.
    """

    def __init__(self, environments: VectorEnvironment, agent: Agent) -> None:
        super().__init__(environments.slots, environments.observations)
        self.environments, self.meter = environments, SurpriseMeter(agent)

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin the episodes that belong to `seeds` in some slots; the other slots go on."""
        self.meter.start(slots)
        self.environments.start(slots, seeds)
        self.observations = self.environments.observations

    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Take one step in some slots; the reward is M's loss on what was just seen."""
        surprise = self.meter.read(slots)
        _, ends = self.environments.step(slots, actions)
        self.observations = self.environments.observations
        return np.nan_to_num(surprise), ends

    def close(self) -> None:
        """Free what the environments hold."""
        self.environments.close()


@dataclass(frozen=True)
class SurprisedSpec(AgentSpec):
    """An agent in the real environment, rewarded with M's surprise."""

    def build(self) -> tuple[ControllerActor, VectorEnvironment]:
        """Load the checkpoints and start the environments; the caller closes them."""
        agent, environments = super().build()
        assert isinstance(agent, Agent)
        return agent, Surprising(environments, agent)


def per_step(episodes: Sequence[Episode]) -> list[Episode]:
    """Return the episodes with scores averaged, not summed, over the steps that M predicted.

    A sum would favour long episodes where M's loss is above 0, and short ones where it is below.
    """
    return [replace(each, score=each.score / max(1, each.steps - 1)) for each in episodes]
