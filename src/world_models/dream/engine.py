"""The dream: a world model played as a vector environment."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.dream.cuda_graph import CUDAGraph
from world_models.errors import WorldModelsError
from world_models.play.batch import padded
from world_models.play.noise import EpisodeNoise
from world_models.tasks.contract import End, VectorEnvironment
from world_models.world_model.contract import WorldModel


class Dream(VectorEnvironment):
    """Episodes that a world model imagines, in as many slots as the model has.

    An episode depends only on its seed and its actions: its initial state and its noise come from
    its own random generators. Which slot it gets does not change it. How many episodes are played
    beside it changes only the rounding; with the same number it is the same bit for bit.

    A death that the model predicts terminates an episode (as in the original, doomrnn/doomrnn.py);
    some models predict none. The time limit truncates it. The reward is the model's prediction, or
    1 if it predicts none.

    On CUDA a step of all slots is one recorded graph. The noise is still drawn on the CPU, so an
    episode is the same there up to rounding.

    Args:
        world_model: the model that dreams, on its own device.
        temperature: τ > 0, how uncertain the dream is.
        max_steps: the time limit of an episode, in steps.

    Attributes:
        observations: the world model's state, read-only; `start` and `step` replace it.
        active: (slots,), bool: whether an episode is going on.

    Raises:
        WorldModelsError: τ is not above 0.
    """

    def __init__(self, world_model: WorldModel, temperature: float, max_steps: int) -> None:
        if not 0 < temperature < float("inf"):
            raise WorldModelsError(f"temperature {temperature}: must be above 0; the paper's is 1")
        slots = world_model.slots
        super().__init__(slots, world_model.initial(slots))
        self.world_model, self.temperature, self.max_steps = world_model, temperature, max_steps
        self.device = world_model.device
        self.noise = EpisodeNoise(slots, world_model.imagine_noise)
        self.graph: CUDAGraph | None = None
        self.steps = np.zeros(slots, dtype=np.int64)
        self.active = np.zeros(slots, dtype=bool)

    @torch.inference_mode()
    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin the episodes that belong to `seeds` in some slots; the other slots go on."""
        index = list(slots)
        if not index:
            return
        self.noise.start(index, seeds)
        self._replace(index, self.world_model.begin(seeds))
        self.steps[index], self.active[index] = 0, True

    @torch.inference_mode()
    def step(
        self, slots: Sequence[int], actions: Tensor | NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Take one step in some slots; the other slots pause.

        Args:
            slots: in ascending order. Where no episode is going on, nothing happens.
            actions: (all slots, action_size), chosen on seeing `observations`.

        Returns:
            rewards and ends (as `End`), each of shape (all slots,), 0 where nothing happened. A
            death at the time limit counts as terminated.
        """
        index, rows = list(slots), self._rows(slots)
        some = slice(None) if rows is None else rows
        action = torch.as_tensor(actions, dtype=torch.float32, device=self.device)[some]
        noise = torch.from_numpy(self.noise.next(index)[some]).to(self.device)
        before = [part[some] for part in self.observations]
        graphed = self.device.type == "cuda" and rows is None
        imagine = self._graphed() if graphed else self._imagine
        found = imagine(*before, action, noise)
        state, outcome = self._state(found[: len(before)]), found[len(before) :]
        selected = np.zeros(self.slots, dtype=bool)
        selected[index] = True
        self._keep(state, rows, self.active & ~selected)
        going = self.active & selected
        self.steps[going] += 1
        rewards, deaths = self._outcome(outcome, some)
        late = np.where(self.steps >= self.max_steps, End.TRUNCATED, End.NONE)
        ends = np.where(going, np.where(deaths, End.TERMINATED, late), End.NONE).astype(np.uint8)
        rewards[~going] = 0
        self.active &= ends == End.NONE
        return rewards, ends

    def close(self) -> None:
        """Do nothing: a dream holds no resources."""

    def _rows(self, slots: Sequence[int]) -> list[int] | None:
        """Return the slots to compute; None means all."""
        if self.device.type == "cuda":  # a graph has one shape, and a smaller one saves no time
            return None
        rows = padded(slots, self.slots)
        return None if len(rows) == self.slots else rows

    def _outcome(
        self, outcome: Sequence[Tensor], some: slice | list[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return rewards and deaths, each (slots,), from the rows that were computed."""
        rewards, deaths = np.ones(self.slots), np.zeros(self.slots, dtype=bool)
        values = list(torch.stack(list(outcome)).cpu().numpy()) if outcome else []
        if self.world_model.predicts_reward:
            rewards[some] = values[0]
        if self.world_model.predicts_death:
            deaths[some] = values[-1] > 0
        return rewards, deaths

    def _keep(self, state: Any, rows: list[int] | None, resting: NDArray[np.bool_]) -> None:
        """Store the states after a step, except those of paused episodes."""
        if rows is None and not resting.any():
            self.observations = state
            return
        computed = range(self.slots) if rows is None else rows
        kept = [place for place, slot in enumerate(computed) if not resting[slot]]
        self._replace([computed[place] for place in kept], [part[kept] for part in state])

    def _replace(self, slots: list[int], state: Sequence[Tensor]) -> None:
        """Replace the state of some slots."""
        # Copies: callers may still hold the tensors of the previous step.
        parts = [part.clone() for part in self.observations]
        for part, new in zip(parts, state, strict=True):
            part[slots] = new
        self.observations = self._state(parts)

    def _state(self, parts: Sequence[Tensor]) -> Any:
        return type(self.observations)(*parts)

    def _imagine(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Imagine a step of n rows, given the state's parts, the action and the noise.

        Returns:
            the parts of the state after the step, then the reward and the death logit, each (n,),
            if the model predicts them.
        """
        *parts, action, noise = tensors
        found = self.world_model.imagine(self._state(parts), action, self.temperature, noise)
        outcome = [each for each in (found.reward, found.death_logit) if each is not None]
        return (*found.state, *outcome)

    def _graphed(self) -> CUDAGraph:
        """Return `_imagine` for all slots as a CUDA graph, recorded at the first call."""
        if self.graph is None:
            model = self.world_model
            noise = torch.zeros(self.slots, model.imagine_noise, device=self.device)
            action = torch.zeros(self.slots, model.action_size, device=self.device)
            self.graph = CUDAGraph(self._imagine, (*self.observations, action, noise))
        return self.graph
