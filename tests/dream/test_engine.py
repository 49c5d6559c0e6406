"""The dream's engine: steps match M's own, episodes don't depend on their slots, ends."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.memory.mixture import moments
from world_models.memory.model import Initial, Memory
from world_models.tasks.contract import End
from world_models.world_model.packed_linear import fast_type
from world_models.world_model.vision_memory import VisionMemory


def dreaming(
    slots: int,
    *,
    dies: bool = True,
    rewards: bool = False,
    temperature: float = 1.0,
    max_steps: int = 30,
    death: float = -1,
) -> Dream:
    """Return a dream of a small untrained M; `death` is the bias of its death logit."""
    memory = Memory(4, 1, 16, 3, dies, rewards, True)
    memory.initialise(torch.Generator().manual_seed(0))
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        memory.output.weight *= 3
        if dies:
            memory.output.bias[-1] = death
    memory.requires_grad_(False)
    initial = Initial(torch.randn(10, 4, generator=rng), torch.randn(10, 4, generator=rng))
    return Dream(VisionMemory(None, memory, initial, slots), temperature, max_steps)


def memory_of(dream: Dream) -> Memory:
    """Return the dream's M."""
    assert isinstance(dream.world_model, VisionMemory) and dream.world_model.memory is not None
    return dream.world_model.memory


def initial_of(dream: Dream) -> Initial:
    """Return the recorded first frames at which the dream's episodes begin."""
    assert isinstance(dream.world_model, VisionMemory)
    return Initial(*(torch.from_numpy(part) for part in dream.world_model.first_frames))


def act(dream: Dream) -> torch.Tensor:
    """Return actions that depend on everything C may see."""
    z, h, c, _ = dream.observations
    return torch.tanh(z.sum(1) + h.sum(1) - c.sum(1))[:, None]


def step(dream: Dream) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Step all slots."""
    return dream.step(range(dream.slots), act(dream))


def episode(dream: Dream, slot: int, seed: int) -> tuple[NDArray[np.float32], int]:
    """Play an episode in a slot; return its latents and how it ended."""
    dream.start([slot], [seed])
    seen = [dream.observations.z[slot].numpy()]
    while True:
        _, ends = step(dream)
        seen.append(dream.observations.z[slot].numpy())
        if ends[slot] != End.NONE:
            return np.stack(seen), int(ends[slot])


def test_a_step_is_ms() -> None:
    """Each step gives M's own state (restart flag set in the first); z is the heads' mean."""
    dream = dreaming(6, temperature=1e-9, death=-100)
    dream.start(range(6), range(6))
    memory = memory_of(dream)
    state = memory.zero_state(6)
    for t in range(5):
        z, action = dream.observations.z, act(dream)
        state = memory.step(z, action, torch.full((6,), float(t == 0)), state)
        dream.step(range(6), action)
        torch.testing.assert_close(dream.observations.h, state.h)
        torch.testing.assert_close(dream.observations.c, state.c)
        expected, _ = moments(memory.heads(state.h), 1e-9)
        torch.testing.assert_close(dream.observations.z, expected, atol=1e-3, rtol=1e-3)


def test_samples_follow_the_mixture() -> None:
    """Over many episodes from one state, z has the mean and variance of the mixture at τ."""
    dream = dreaming(20_000, temperature=1.3, death=-100)
    dream.start(range(dream.slots), range(dream.slots))
    dream.observations = dream.observations._replace(z=torch.ones_like(dream.observations.z))
    dream.step(range(dream.slots), torch.zeros(dream.slots, 1))
    mean, variance = moments(memory_of(dream).heads(dream.observations.h[:1]), 1.3)
    error = (variance / dream.slots).sqrt()
    z = dream.observations.z
    assert ((z.mean(0) - mean[0]).abs() < 5 * error[0]).all()
    assert ((z.var(0) / variance[0] - 1).abs() < 0.1).all()


def test_an_episode_does_not_know_its_slot() -> None:
    """An episode is the same in another slot up to rounding, and the same bits when repeated."""
    alone, number = dreaming(8), 5
    first, end = episode(alone, 0, number)
    again, _ = episode(dreaming(8), 0, number)
    np.testing.assert_array_equal(first, again)
    crowd = dreaming(8)
    crowd.start(range(8), range(100, 108))
    for _ in range(3):
        step(crowd)
    there, other_end = episode(crowd, 6, number)
    assert other_end == end and len(there) == len(first)
    np.testing.assert_allclose(there, first, atol=1e-4)


def test_others_go_on_when_one_starts() -> None:
    """Starting a slot changes neither the other slots nor the observations that callers kept."""
    one, other = dreaming(4), dreaming(4)
    for dream in (one, other):
        dream.start(range(4), range(4))
        step(dream)
    kept, before = one.observations.z, one.observations.z.clone()
    one.start([2], [77])
    torch.testing.assert_close(kept, before)
    assert one.observations.h[2].abs().sum() == 0
    assert not torch.equal(one.observations.z[2], other.observations.z[2])
    step(one), step(other)
    rest = [0, 1, 3]
    torch.testing.assert_close(one.observations.z[rest], other.observations.z[rest])


def test_others_rest() -> None:
    """Slots that are not stepped keep their state, noise and time."""
    one, other = dreaming(6, death=-100, max_steps=5), dreaming(6, death=-100, max_steps=5)
    for dream in (one, other):
        dream.start(range(6), range(6))
    before = [part.clone() for part in one.observations]
    for _ in range(3):
        rewards, ends = one.step([1, 2], act(one))
        assert rewards.tolist() == [0, 1, 1, 0, 0, 0] and not ends.any()
    rest = [0, 3, 4, 5]
    for part, old in zip(one.observations, before, strict=True):
        assert torch.equal(part[rest], old[rest])
    for dream in (one, other):
        step(dream)
    for part, theirs in zip(one.observations, other.observations, strict=True):
        assert torch.equal(part[rest], theirs[rest])
    assert step(one)[1].tolist() == [0, End.TRUNCATED, End.TRUNCATED, 0, 0, 0]


def test_ends() -> None:
    """A logit above 0 is a death, also at the time limit; otherwise the limit ends the episode."""
    for death, length, end in ((100, 1, End.TERMINATED), (-100, 30, End.TRUNCATED)):
        dream = dreaming(3, death=death)
        latents, found = episode(dream, 1, 9)
        assert (len(latents) - 1, found) == (length, end)
    dream = dreaming(2, max_steps=1, death=100)
    dream.start([0], [1])
    rewards, ends = step(dream)
    assert ends.tolist() == [End.TERMINATED, End.NONE] and rewards.tolist() == [1, 0]
    rewards, ends = step(dream)
    assert ends.tolist() == [End.NONE, End.NONE] and rewards.tolist() == [0, 0]


@pytest.mark.parametrize("dies", [True, False])
def test_predicted_rewards(dies: bool) -> None:
    """If M predicts rewards, the dream pays them."""
    dream = dreaming(3, dies=dies, rewards=True, death=-100)
    dream.start(range(3), range(3))
    rewards, _ = step(dream)
    predicted = memory_of(dream).heads(dream.observations.h).reward
    assert predicted is not None
    np.testing.assert_allclose(rewards, predicted.detach().numpy(), rtol=1e-5)


def test_beginnings() -> None:
    """Episodes begin at latents of all recorded first frames, sampled with V's variance."""
    dream = dreaming(4000)
    mu, log_sigma2 = initial_of(dream)
    dream.start(range(4000), range(4000))
    mean = mu.mean(0)
    variance = log_sigma2.exp().mean(0) + mu.var(0, correction=0)
    z = dream.observations.z
    assert ((z.mean(0) - mean).abs() < 5 * (variance / 4000).sqrt()).all()
    assert ((z.var(0) / variance - 1).abs() < 0.2).all()


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_wrong_temperatures(temperature: float) -> None:
    """τ must be finite and above 0."""
    with pytest.raises(WorldModelsError, match="temperature"):
        dreaming(1, temperature=temperature)


def test_without_deaths() -> None:
    """If M predicts no deaths, an episode lasts until the time limit; each step's reward is 1."""
    dream = dreaming(3, dies=False)
    latents, end = episode(dream, 1, 9)
    assert (len(latents) - 1, end) == (30, End.TRUNCATED)
    dream.start([0, 2], [1, 2])
    assert step(dream)[0].tolist() == [1, 0, 1]


def of(
    memory: Memory, initial: Initial, slots: int = 64, limit: int = 30, fast: bool = False
) -> Dream:
    """Return an M's dream at τ = 1."""
    return Dream(VisionMemory(None, memory, initial, slots, fast), 1.0, limit)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_cuda_graph_is_the_same_step() -> None:
    """From the same state and noise, each of several steps matches the CPU's up to rounding."""
    small = dreaming(64, death=-3)
    graphed = of(memory_of(small).to("cuda"), initial_of(small))
    small = dreaming(64, death=-3)
    for dream in (small, graphed):
        dream.start(range(64), range(64))
    for _ in range(5):
        action = act(small)
        small.step(range(64), action), graphed.step(range(64), action)
        for ours, theirs in zip(graphed.observations, small.observations, strict=True):
            torch.testing.assert_close(ours.cpu(), theirs, atol=1e-3, rtol=1e-3)


def survived(memory: Memory, initial: Initial, fast: bool = False) -> NDArray[np.int64]:
    """Return the lengths of 512 episodes of at most 200 steps."""
    dream = of(memory, initial, 512, 200, fast)
    dream.start(range(512), range(512))
    lengths = np.full(512, 200)
    for number in range(200):
        _, ends = step(dream)
        lengths[ends == End.TERMINATED] = number + 1
    return lengths


def agree(ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> bool:
    """Return whether the means of two samples agree within five standard errors."""
    assert ours.std() > 10  # otherwise the comparison would mean nothing
    error = np.hypot(ours.std(), theirs.std()) / len(ours) ** 0.5
    return bool(abs(ours.mean() - theirs.mean()) < 5 * error)


def test_a_fast_step_is_the_same_up_to_bfloat16() -> None:
    """Fast and exact steps agree from the same state and noise; mean episode lengths agree too."""
    exact = dreaming(64, death=-0.5)
    memory, initial = memory_of(exact), initial_of(exact)
    fast = of(memory, initial, fast=True)
    assert isinstance(fast.world_model, VisionMemory)
    assert fast.world_model.gates.kind == fast.world_model.output.kind == fast_type()
    for dream in (exact, fast):
        dream.start(range(64), range(64))
    for _ in range(5):
        fast.observations = exact.observations
        action = act(exact)
        exact.step(range(64), action), fast.step(range(64), action)
        torch.testing.assert_close(fast.observations.h, exact.observations.h, atol=0.02, rtol=0)
        # now and then rounding makes a uniform choose another component
        off = (fast.observations.z - exact.observations.z).abs() > 0.1
        assert off.float().mean() < 0.05
    assert agree(survived(memory, initial), survived(memory, initial, fast=True))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_in_distribution() -> None:
    """Mean episode lengths on CUDA and on the CPU agree within noise."""
    small = dreaming(1, death=-0.5)
    initial = initial_of(small)
    lengths = survived(memory_of(small), initial)
    assert agree(lengths, survived(memory_of(small).to("cuda"), initial))
