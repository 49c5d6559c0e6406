"""The dream and the agents work with any world model: here one without V, M, z or an LSTM."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.controller.agent import Agent, ControllerActor, DreamAgent
from world_models.controller.policies import Policy, affine
from world_models.dream.engine import Dream
from world_models.memory.model import Memory
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.tasks.contract import End, VectorEnvironment
from world_models.vision.model import Vision
from world_models.world_model.contract import Imagined, WorldModel
from world_models.world_model.vision_memory import VisionMemory


class Place(NamedTuple):
    """The state: each walker's position, (n,), and the distance it has walked, (n,)."""

    place: Tensor
    walked: Tensor


class Walk:
    """A world model: actions move the walker, with noise of 0.01; it dies beyond ±3."""

    device = torch.device("cpu")
    action_size = observe_noise = imagine_noise = 1
    predicts_reward = predicts_death = True

    def __init__(self, slots: int) -> None:
        self.slots = slots

    def initial(self, rows: int) -> Place:
        return Place(torch.zeros(rows), torch.zeros(rows))

    def begin(self, seeds: Sequence[int]) -> Place:
        return Place(torch.tensor([seed / 100 for seed in seeds]), torch.zeros(len(seeds)))

    def observe(self, state: Place, observations: NDArray[Any], noise: Tensor) -> Place:
        seen = torch.from_numpy(observations).float()
        return state._replace(place=seen + noise[:, 0] / 100)

    def advance(self, state: Place, actions: Tensor) -> Place:
        return state._replace(walked=state.walked + actions[:, 0].abs())

    def imagine(self, state: Place, actions: Tensor, temperature: float, noise: Tensor) -> Imagined:
        after = self.advance(state, actions)
        after = after._replace(place=state.place + actions[:, 0] + temperature * noise[:, 0] / 100)
        return Imagined(after, after.place, after.place.abs() - 3)

    def features(self, state: Place, parts: Sequence[str]) -> Tensor:
        return torch.stack([getattr(state, part) for part in parts], dim=1)


class Line(VectorEnvironment):
    """The real environment of the same walk, without noise."""

    def __init__(self, slots: int) -> None:
        super().__init__(slots, np.zeros(slots))

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        self.observations[list(slots)] = np.array(seeds) / 100

    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        index = list(slots)
        self.observations[index] += actions[index, 0]
        rewards, ends = np.zeros(self.slots), np.zeros(self.slots, dtype=np.uint8)
        rewards[index] = self.observations[index]
        ends[index] = np.abs(self.observations[index]) > 3
        return rewards, ends

    def close(self) -> None: ...


POLICY = Policy(
    "place", ("walked", "place"), 2, 1, 3, lambda parameters, x: affine(parameters, x, 1, True)
)
CANDIDATES = np.array([[0.0, 0.0, 0.25], [0.1, 0.2, 0.3], [0.0, -0.5, -0.4]], dtype=np.float32)


def expected(what: Assignment) -> tuple[int, float, End]:
    """Return steps, score and end of a walk without noise, of at most 12 steps."""
    place, walked, score = what.seed / 100, 0.0, 0.0
    weights = CANDIDATES[what.candidate].astype(np.float64)
    for step in range(1, 13):
        action = weights @ np.array([walked, place, 1])
        place, walked = place + action, walked + abs(action)
        score += place
        if abs(place) > 3:
            return step, score, End.TERMINATED
    return 12, score, End.TRUNCATED


@pytest.mark.parametrize("slots", [1, 3, 8])
def test_its_dream(slots: int) -> None:
    """Dream episodes follow the model's dynamics, its deaths and its predicted rewards."""
    model: WorldModel = Walk(slots)
    agent = DreamAgent(model, POLICY, lambda raw: raw)
    todo = [Assignment(number % 3, 10 * number) for number in range(9)]
    check(todo, played(agent, Dream(model, 1e-3, 12), todo))


@pytest.mark.parametrize("slots", [1, 3, 8])
def test_its_reality(slots: int) -> None:
    """The agent observes, acts and advances the model; each slot keeps its own state."""
    agent = Agent(Walk(slots), POLICY, lambda raw: raw)
    todo = [Assignment(1, 10 * number) for number in range(9)]  # the candidate that dies
    check(todo, played(agent, Line(slots), todo))


def played(
    agent: ControllerActor, environments: VectorEnvironment, todo: list[Assignment]
) -> list[Episode]:
    agent.candidates = CANDIDATES
    return play(agent, environments, todo)


def check(todo: list[Assignment], episodes: list[Episode]) -> None:
    ends = set()
    for what, episode in zip(todo, episodes, strict=True):
        steps, score, end = expected(what)
        assert (episode.steps, episode.end) == (steps, end)
        assert episode.score == pytest.approx(score, abs=0.2)
        ends.add(end)
    assert End.TERMINATED in ends


def test_v_and_m_are_one() -> None:
    """VisionMemory meets the contract; a subset of the rows gives the same result as all rows."""
    torch.manual_seed(0)
    vision, memory = Vision(4), Memory(4, 1, 6, 2, True, True, True)
    model: WorldModel = VisionMemory(vision, memory, None, 3)
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    noise = torch.randn(3, model.observe_noise)
    with torch.inference_mode():
        whole = model.observe(model.initial(3), frames, noise)
        after = model.advance(whole, torch.ones(3, 1))
        assert torch.equal(after.z, whole.z) and not torch.equal(after.h, whole.h)
        assert whole.restart.tolist() == [1, 1, 1] and after.restart.tolist() == [0, 0, 0]
        some = model.observe(model.initial(2), frames[[0, 2]], noise[[0, 2]])
        some = model.advance(some, torch.ones(2, 1))
        for part, other in zip(after, some, strict=True):
            torch.testing.assert_close(part[[0, 2]], other)
        assert torch.equal(
            model.features(after, ("z", "c", "h")), torch.cat([after.z, after.c, after.h], dim=1)
        )
