"""Playing controllers: the order of V, C and M in a step, refilled slots, the dream."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.toy_world import TOY, ToyVision, ToyWorld
from world_models.controller.agent import Agent, DreamAgent
from world_models.controller.policies import get_policy
from world_models.dream.engine import Dream
from world_models.memory.model import Initial, Memory
from world_models.play.batch import padded
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.tasks.contract import End, SyncVectorEnvironment
from world_models.vision.model import to_images
from world_models.world_model.vision_memory import VisionMemory

POLICY = get_policy("z_h", 1, 2, 6, sees_cell=True, bias=False)


class Spy(ToyWorld):
    """The toy, which records the actions of each of its episodes by seed."""

    played: dict[int, list[float]]

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Start the episode's list of actions."""
        self.actions = self.played.setdefault(seed, [])
        self.actions.clear()
        return super().reset(seed)

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Record the action."""
        self.actions.append(float(action[0]))
        return super().step(action)


def models() -> tuple[Memory, NDArray[np.float32]]:
    """Return an untrained M and three candidates with random weights."""
    torch.manual_seed(4)
    memory = Memory(2, 1, 6, 2, True, True, True).eval().requires_grad_(False)
    candidates = np.random.default_rng(1).normal(0, 0.7, size=(3, POLICY.parameters))
    return memory, candidates.astype(np.float32)


def lstm(memory: Memory, x: NDArray[np.float64], h: NDArray[np.float64], c: NDArray[np.float64]):
    """Compute one LSTM step in float64 (rows: input, forget and output gates, cell)."""
    w, u, b = (p.double().numpy() for p in (memory.weight_ih, memory.weight_hh, memory.bias))
    i, f, o, g = np.split(w @ x + u @ h + b, 4)
    sigmoid = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def reference(
    memory: Memory, weights: NDArray[np.float32], seed: int, exploration: float = 0.0
) -> tuple[list[float], float]:
    """Play one toy episode as in the paper's pseudocode (section 2.4), alone and in float64."""
    world, noise = ToyWorld(), np.random.default_rng(seed)
    exploring = np.random.default_rng([seed, 2])
    frame, end, score = world.reset(seed), End.NONE, 0.0
    h, c, restart, actions = np.zeros(6), np.zeros(6), 1.0, []
    while end is End.NONE:
        mu, log_sigma2 = (part.double().numpy()[0] for part in vision(frame))
        z = mu + np.exp(log_sigma2 / 2) * noise.standard_normal(2, dtype=np.float32)
        raw = weights.astype(np.float64) @ np.concatenate([z, c, h])
        action = np.tanh(raw + exploration * exploring.standard_normal(dtype=np.float32))
        h, c = lstm(memory, np.array([*z, action, restart]), h, c)
        restart = 0.0
        actions.append(action)
        frame, reward, end = world.step(np.array([action], dtype=np.float32))
        score += reward
    return actions, score


def vision(frame: NDArray[np.uint8]) -> tuple[torch.Tensor, torch.Tensor]:
    """Encode one frame with the toy's V."""
    return ToyVision().encode(to_images(frame[None]))


def in_reality(
    slots: int, exploration: float = 0.0
) -> tuple[Agent, SyncVectorEnvironment, dict[int, list[float]]]:
    """Return an agent, the toy to play in, and a dict that its episodes fill with their actions."""
    memory, candidates = models()
    played: dict[int, list[float]] = {}
    worlds = [Spy() for _ in range(slots)]
    for world in worlds:
        world.played = played
    model = VisionMemory(ToyVision(), memory, None, slots)  # type: ignore[arg-type]
    agent = Agent(model, POLICY, TOY.squash, exploration)
    agent.candidates = candidates
    return agent, SyncVectorEnvironment(worlds), played


def in_a_dream(memory: Memory, slots: int) -> tuple[DreamAgent, Dream]:
    """Return an agent and M's dream of the toy."""
    model = VisionMemory(None, memory, Initial(torch.zeros(3, 2), torch.zeros(3, 2)), slots)
    agent = DreamAgent(model, POLICY, TOY.squash)
    agent.candidates = models()[1]
    return agent, Dream(model, 1.0, 12)


def assignments(count: int) -> list[Assignment]:
    """Return `count` episodes for three candidates."""
    return [Assignment(number % 3, 100 + number) for number in range(count)]


@pytest.mark.parametrize("slots", [1, 3, 8])
@pytest.mark.parametrize("exploration", [0.0, 0.5])
def test_every_step_is_the_papers(slots: int, exploration: float) -> None:
    """In any slot, first or refilled, an episode matches the reference.

    Exploration noise depends on the episode alone, and M is fed the action that was taken.
    """
    memory, candidates = models()
    agent, worlds, played = in_reality(slots, exploration)
    todo = assignments(7)
    episodes = play(agent, worlds, todo)
    assert [(each.candidate, each.seed) for each in episodes] == [
        (each.candidate, each.seed) for each in todo
    ]
    for episode in episodes:
        actions, score = reference(memory, candidates[episode.candidate], episode.seed, exploration)
        assert played[episode.seed] == pytest.approx(actions, abs=1e-4)
        assert (episode.steps, episode.end is not End.NONE) == (len(actions), True)
        assert episode.score == pytest.approx(score, abs=1e-3)


def test_same_unit_same_bits() -> None:
    """A unit of work gives the same bits on a new agent and on one that has played before."""
    first, worlds, _ = in_reality(3)
    second, others, _ = in_reality(3)
    play(second, others, assignments(4))
    assert play(first, worlds, assignments(7)) == play(second, others, assignments(7))


def test_finished_episodes_are_not_stepped() -> None:
    """Episodes are not stepped past their end, and no slot idles while episodes are left."""
    agent, worlds, played = in_reality(3)
    steps: list[Sequence[int]] = []
    original = worlds.step

    def step(
        slots: Sequence[int], actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        steps.append(list(slots))
        return original(slots, actions)

    worlds.step = step  # type: ignore[method-assign]
    episodes = play(agent, worlds, assignments(9))
    assert sum(len(active) for active in steps) == sum(episode.steps for episode in episodes)
    assert all(len(played[episode.seed]) == episode.steps for episode in episodes)
    left = [len(active) for active in steps]
    assert left == sorted(left, reverse=True) and left[0] == 3


def test_a_resting_episode_goes_on_where_it_was() -> None:
    """An agent that acts in some slots leaves the episodes in the others unchanged."""
    agent, worlds, _ = in_reality(3)
    lone, world, _ = in_reality(3)
    for each, place in ((agent, worlds), (lone, world)):
        each.start(range(3), assignments(3))
        place.start(range(3), [100, 101, 102])
        place.step([0, 1, 2], each.act(place.observations, [0, 1, 2]))
    for _ in range(4):  # one slot, computed with the two others as padding
        agent.act(worlds.observations, [1])
    ours, theirs = agent.act(worlds.observations, [0, 2]), lone.act(world.observations, [0, 1, 2])
    assert np.array_equal(ours[[0, 2]], theirs[[0, 2]])


@pytest.mark.parametrize("slots", [2, 5])
def test_dreams_step_as_reality_does(slots: int) -> None:
    """In the dream too, C sees z and M's state from before M is fed z and the action."""
    memory, candidates = models()
    memory.output.bias[-1] = -10  # no deaths
    agent, dream = in_a_dream(memory, slots)
    seen: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    original = dream.step

    def step(slots: Sequence[int], actions: Any) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        state = dream.observations
        before = torch.cat([state.z, state.c, state.h], dim=1).numpy().copy()
        seen.append((before, actions.numpy().copy()))
        return original(slots, actions)

    dream.step = step  # type: ignore[method-assign]
    episodes = play(agent, dream, [Assignment(2, 50 + number) for number in range(slots)])
    assert len(episodes) == slots and all(episode.steps <= 12 for episode in episodes)
    for features, actions in seen[:3]:
        expected = np.tanh(features @ candidates[2])
        assert actions[:, 0] == pytest.approx(expected, abs=1e-5)
    h, c = np.zeros(6), np.zeros(6)
    for (before, actions), (after, _) in itertools.pairwise(seen[:3]):
        restart = 1.0 if before is seen[0][0] else 0.0
        h, c = lstm(memory, np.array([*before[0, :2], *actions[0], restart]), h, c)
        assert after[0, 2:8] == pytest.approx(c, abs=1e-5)
        assert after[0, 8:] == pytest.approx(h, abs=1e-5)


def test_the_batch_shrinks() -> None:
    """Only running episodes are computed, with idle slots as padding up to a multiple of 4."""
    assert padded([0, 1, 2, 3, 4, 5], 6) == [0, 1, 2, 3, 4, 5]
    assert padded([2, 5], 64) == [0, 1, 2, 5]
    assert padded([1, 2, 3, 4, 60], 64) == [0, 1, 2, 3, 4, 5, 6, 60]
    assert padded([1], 2) == [0, 1]
    for count in range(1, 65):
        rows = padded(list(range(64 - count, 64)), 64)
        assert set(rows) >= set(range(64 - count, 64)) and len(rows) < count + 4
        assert rows == sorted(set(rows))


def test_dreams_refill() -> None:
    """Scores depend on seed and candidate, not on the slot, up to rounding."""
    memory, _ = models()
    scores = []
    for slots in (2, 9):
        played = play(*in_a_dream(memory, slots), assignments(9))
        scores.append([each.score for each in played])
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)
