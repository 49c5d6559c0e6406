"""Controllers at play: in real environments, seen through a world model, or in its dreams."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.controller.policies import Policy
from world_models.play.batch import padded
from world_models.play.episodes import Assignment
from world_models.play.noise import EpisodeNoise
from world_models.world_model.contract import WorldModel

EXPLORATION = 2  # its noise is seeded with [seed, 2]; V's with [seed], a dream's start [seed, 1]


class ControllerActor:
    """An actor (`play.actors.Actor`) that has a candidate controller in each slot.

    Args:
        world_model: the model through which the controllers see the environment.
        policy: the controllers' variant.
        squash: maps their raw outputs to actions (`Task.squash`).

    Attributes:
        candidates: float32, (n, parameters): an assignment's `candidate` is the index of a row.
            They must be set before anything is played.
    """

    def __init__(
        self, world_model: WorldModel, policy: Policy, squash: Callable[[Tensor], Tensor]
    ) -> None:
        self.world_model, self.policy, self.squash = world_model, policy, squash
        self.slots = world_model.slots
        self.candidates = np.zeros((1, policy.parameters), dtype=np.float32)
        self.parameters = torch.zeros(self.slots, policy.parameters, device=world_model.device)

    @torch.inference_mode()
    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Give each new episode its candidate."""
        rows = self.candidates[[each.candidate for each in assignments]]
        self.parameters[list(slots)] = torch.from_numpy(rows).to(self.parameters.device)

    def act(self, observations: Any, slots: Sequence[int]) -> Any:
        """Choose the next actions, (all slots, action_size)."""
        raise NotImplementedError


class Agent(ControllerActor):
    """Acts in real environments on the CPU, seeing their frames.

    A step is as in the paper (section 2.4): z ~ V(frame); a = C(z, h); h' = M(z, a, h).

    Args:
        world_model, policy, squash: as for `ControllerActor`.
        exploration: σ of the normal noise that is added to C's raw outputs, before they are
            squashed. The noise depends on the episode's seed alone. 0 adds none.

    Attributes:
        state: the world model's state, a row for each slot.
    """

    def __init__(
        self,
        world_model: WorldModel,
        policy: Policy,
        squash: Callable[[Tensor], Tensor],
        exploration: float = 0.0,
    ) -> None:
        super().__init__(world_model, policy, squash)
        self.noise = EpisodeNoise(self.slots, world_model.observe_noise)
        self.state = world_model.initial(self.slots)
        self.exploration = exploration
        self.exploring = EpisodeNoise(self.slots, policy.outputs, EXPLORATION)

    @torch.inference_mode()
    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Give each new episode its candidate, and the world model's initial state."""
        super().start(slots, assignments)
        index, seeds = list(slots), [each.seed for each in assignments]
        self.noise.start(index, seeds)
        if self.exploration:
            self.exploring.start(index, seeds)
        for part, new in zip(self.state, self.world_model.initial(len(index)), strict=True):
            part[index] = new

    @torch.inference_mode()
    def act(self, observations: NDArray[np.uint8], slots: Sequence[int]) -> NDArray[np.float32]:
        """Choose actions, and feed them to the world model.

        The number of slots that act may change the rounding of the actions; which ones act does
        not.

        Args:
            observations: frames, (all slots, 64, 64, 3).
            slots: where episodes are going on, in ascending order; the others pause.
        """
        rows = padded(slots, self.slots)
        index = torch.tensor(rows)
        noise = torch.from_numpy(self.noise.next(slots))[index]
        state = self._state([part[index] for part in self.state])
        state = self.world_model.observe(state, observations[rows], noise)
        features = self.world_model.features(state, self.policy.sees)
        raw = self.policy.act(self.parameters[index], features)
        if self.exploration:
            drawn = torch.from_numpy(self.exploring.next(slots))[index]
            raw = raw + self.exploration * drawn
        chosen = self.squash(raw)
        if self.policy.uses_memory:
            self._keep(self.world_model.advance(state, chosen), rows, slots)
        actions = np.zeros((self.slots, self.policy.outputs), dtype=np.float32)
        actions[rows] = chosen.numpy()
        return actions

    def _keep(self, state: Any, rows: list[int], slots: Sequence[int]) -> None:
        """Keep the states of the given slots; other rows were computed only as padding."""
        acting = set(slots)
        place = [number for number, slot in enumerate(rows) if slot in acting]
        index = [rows[number] for number in place]
        for part, new in zip(self.state, state, strict=True):
            part[index] = new[place]

    def _state(self, parts: Sequence[Tensor]) -> Any:
        return type(self.state)(*parts)


class DreamAgent(ControllerActor):
    """Acts in a dream, seeing the world model's state."""

    @torch.inference_mode()
    def act(self, observations: Any, slots: Sequence[int]) -> Tensor:
        """Choose actions, on the dream's device."""
        rows = padded(slots, self.slots)
        device = self.parameters.device
        # As in the dream itself: on CUDA all slots are computed.
        whole = len(rows) == self.slots or device.type == "cuda"
        some = slice(None) if whole else rows
        state = type(observations)(*(part[some] for part in observations))
        features = self.world_model.features(state, self.policy.sees)
        actions = torch.zeros(self.slots, self.policy.outputs, device=device)
        actions[some] = self.squash(self.policy.act(self.parameters[some], features))
        return actions
