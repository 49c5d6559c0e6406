"""The dream's engine: M's own steps, episodes that don't know their slots, ends."""

import dataclasses

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from world_models.dream.engine import Dream
from world_models.dream.packed_linear import fast_type
from world_models.errors import WorldModelsError
from world_models.memory.mixture import moments
from world_models.memory.model import Initial, Memory
from world_models.tasks import get_task
from world_models.tasks.contract import End, Task

TASK = get_task("take_cover")
REWARDING = dataclasses.replace(TASK, predicts_reward=True)


def dreaming(
    slots: int, task: Task = TASK, temperature: float = 1.0, max_steps: int = 30, death: float = -1
) -> Dream:
    """Return a dream of a small untrained M; `death` is the bias of its logit of death."""
    memory = Memory(4, 1, 16, 3, True, task.predicts_reward, True)
    memory.initialise(torch.Generator().manual_seed(0))
    rng = torch.Generator().manual_seed(1)
    with torch.no_grad():
        memory.output.weight *= 3
        memory.output.bias[-1] = death
    memory.requires_grad_(False)
    initial = Initial(torch.randn(10, 4, generator=rng), torch.randn(10, 4, generator=rng))
    return Dream(memory, initial, temperature, slots, max_steps, task)


def act(dream: Dream) -> torch.Tensor:
    """Return actions that depend on all that C may see."""
    return torch.tanh(dream.z.sum(1) + dream.h.sum(1) - dream.c.sum(1))[:, None]


def episode(dream: Dream, slot: int, seed: int) -> tuple[NDArray[np.float32], int]:
    """Play an episode in a slot; return its latents and its end."""
    dream.start([slot], [seed])
    seen = [dream.z[slot].numpy()]
    while True:
        _, ends = dream.step(act(dream))
        seen.append(dream.z[slot].numpy())
        if ends[slot] != End.NONE:
            return np.stack(seen), int(ends[slot])


def test_a_step_is_ms() -> None:
    """The state is M's own, step by step, the flag up at the first; z is what its heads expect."""
    dream = dreaming(6, temperature=1e-9, death=-100)
    dream.start(range(6), range(6))
    memory, state = dream.memory, dream.memory.zero_state(6)
    for t in range(5):
        z, action = dream.z, act(dream)
        state = memory.step(z, action, torch.full((6,), float(t == 0)), state)
        dream.step(action)
        torch.testing.assert_close(dream.h, state.h)
        torch.testing.assert_close(dream.c, state.c)
        expected, _ = moments(memory.heads(state.h), 1e-9)
        torch.testing.assert_close(dream.z, expected, atol=1e-3, rtol=1e-3)


def test_samples_follow_the_mixture() -> None:
    """Over many episodes from one state, z has the mixture's mean and variance at τ."""
    dream = dreaming(20_000, temperature=1.3, death=-100)
    dream.start(range(dream.slots), range(dream.slots))
    dream.z = torch.ones_like(dream.z)
    dream.step(torch.zeros(dream.slots, 1))
    mean, variance = moments(dream.memory.heads(dream.h[:1]), 1.3)
    error = (variance / dream.slots).sqrt()
    assert ((dream.z.mean(0) - mean[0]).abs() < 5 * error[0]).all()
    assert ((dream.z.var(0) / variance[0] - 1).abs() < 0.1).all()


def test_an_episode_does_not_know_its_slot() -> None:
    """In another slot and beside others it is the same up to rounding; repeated, to the bit."""
    alone, number = dreaming(8), 5
    first, end = episode(alone, 0, number)
    again, _ = episode(dreaming(8), 0, number)
    np.testing.assert_array_equal(first, again)
    crowd = dreaming(8)
    crowd.start(range(8), range(100, 108))
    for _ in range(3):
        crowd.step(act(crowd))
    there, other_end = episode(crowd, 6, number)
    assert other_end == end and len(there) == len(first)
    np.testing.assert_allclose(there, first, atol=1e-4)


def test_others_go_on_when_one_starts() -> None:
    """Starting a slot changes nothing in the others, nor what callers kept of the step before."""
    one, other = dreaming(4), dreaming(4)
    for dream in (one, other):
        dream.start(range(4), range(4))
        dream.step(act(dream))
    kept, before = one.z, one.z.clone()
    one.start([2], [77])
    torch.testing.assert_close(kept, before)
    assert one.h[2].abs().sum() == 0 and not torch.equal(one.z[2], other.z[2])
    one.step(act(one)), other.step(act(other))
    rest = [0, 1, 3]
    torch.testing.assert_close(one.z[rest], other.z[rest])


def test_ends() -> None:
    """A logit above 0 is a death, also at the time limit; below it the limit ends the episode."""
    for death, length, end in ((100, 1, End.TERMINATED), (-100, 30, End.TRUNCATED)):
        dream = dreaming(3, death=death)
        latents, found = episode(dream, 1, 9)
        assert (len(latents) - 1, found) == (length, end)
    dream = dreaming(2, max_steps=1, death=100)
    dream.start([0], [1])
    rewards, ends = dream.step(act(dream))
    assert ends.tolist() == [End.TERMINATED, End.NONE] and rewards.tolist() == [1, 0]
    rewards, ends = dream.step(act(dream))
    assert ends.tolist() == [End.NONE, End.NONE] and rewards.tolist() == [0, 0]


def test_predicted_rewards() -> None:
    """Where M predicts rewards, they are the dream's."""
    dream = dreaming(3, REWARDING, death=-100)
    dream.start(range(3), range(3))
    rewards, _ = dream.step(act(dream))
    predicted = dream.memory.heads(dream.h).reward
    assert predicted is not None
    np.testing.assert_allclose(rewards, predicted.detach().numpy(), rtol=1e-5)


def test_beginnings() -> None:
    """Episodes begin around recorded frames, with the recorded spread, all frames in turn."""
    dream = dreaming(4000)
    mu, log_sigma2 = (torch.from_numpy(part) for part in dream.initial)
    dream.start(range(4000), range(4000))
    mean = mu.mean(0)
    variance = log_sigma2.exp().mean(0) + mu.var(0, correction=0)
    assert ((dream.z.mean(0) - mean).abs() < 5 * (variance / 4000).sqrt()).all()
    assert ((dream.z.var(0) / variance - 1).abs() < 0.2).all()


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_wrong_temperatures(temperature: float) -> None:
    """τ must be above 0."""
    with pytest.raises(WorldModelsError, match="temperature"):
        dreaming(1, temperature=temperature)


def test_another_tasks_m() -> None:
    """An M with other inputs or heads is refused."""
    memory, initial = dreaming(1).memory, Initial(torch.zeros(1, 4), torch.zeros(1, 4))
    with pytest.raises(WorldModelsError, match="not made for car_racing"):
        Dream(memory, initial, 1.0, 1, 10, get_task("car_racing"))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_cuda_graph_is_the_same_step() -> None:
    """From the same state and noise: the CPU's step, up to rounding, again and again."""
    small = dreaming(64, death=-3)
    initial = Initial(*(torch.from_numpy(part) for part in small.initial))
    graphed = Dream(small.memory.to("cuda"), initial, 1.0, 64, 30, TASK)
    small = dreaming(64, death=-3)
    for dream in (small, graphed):
        dream.start(range(64), range(64))
    for _ in range(5):
        action = act(small)
        small.step(action), graphed.step(action)
        for name in ("z", "h", "c"):
            torch.testing.assert_close(
                getattr(graphed, name).cpu(), getattr(small, name), atol=1e-3, rtol=1e-3
            )


def survived(memory: Memory, initial: Initial, fast: bool = False) -> NDArray[np.int64]:
    """Return how long 512 episodes last, up to 200 steps."""
    dream = Dream(memory, initial, 1.0, 512, 200, TASK, fast)
    dream.start(range(512), range(512))
    lengths = np.full(512, 200)
    for step in range(200):
        _, ends = dream.step(act(dream))
        lengths[ends == End.TERMINATED] = step + 1
    return lengths


def agree(ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> bool:
    """Say whether the means of two samples agree, within five standard errors."""
    assert ours.std() > 10  # else there is nothing to agree on
    error = np.hypot(ours.std(), theirs.std()) / len(ours) ** 0.5
    return bool(abs(ours.mean() - theirs.mean()) < 5 * error)


def test_a_fast_step_is_the_same_up_to_bfloat16() -> None:
    """From the same state and noise; episodes' lengths have the same mean, within noise."""
    exact = dreaming(64, death=-0.5)
    memory, initial = exact.memory, Initial(*(torch.from_numpy(part) for part in exact.initial))
    fast = Dream(memory, initial, 1.0, 64, 30, TASK, fast=True)
    assert fast.gates.kind == fast.output.kind == fast_type()
    for dream in (exact, fast):
        dream.start(range(64), range(64))
    for _ in range(5):
        fast.z, fast.h, fast.c = (each.clone() for each in (exact.z, exact.h, exact.c))
        action = act(exact)
        exact.step(action), fast.step(action)
        torch.testing.assert_close(fast.h, exact.h, atol=0.02, rtol=0)
        # now and then a uniform lies between two components' rounded bounds
        off = (fast.z - exact.z).abs() > 0.1
        assert off.float().mean() < 0.05
    assert agree(survived(memory, initial), survived(memory, initial, fast=True))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_in_distribution() -> None:
    """Episodes' lengths on CUDA and on the CPU have the same mean, within noise."""
    small = dreaming(1, death=-0.5)
    initial = Initial(*(torch.from_numpy(part) for part in small.initial))
    lengths = survived(small.memory, initial)
    assert agree(lengths, survived(small.memory.to("cuda"), initial))
