"""MuZero's parts against brute force and closed forms."""

import numpy as np
import pytest
import torch

from tests.successors.muzero.settings import small
from tests.successors.toys import ECHO, SPACE
from world_models.play.episodes import Assignment
from world_models.successors.driver import Flag, play_round
from world_models.successors.muzero.agent import Agent, MuzeroActor
from world_models.successors.muzero.learner import HalfGradient, MuzeroLearner
from world_models.successors.muzero.sample import Rows
from world_models.successors.muzero.support import Support, inverse, transform
from world_models.successors.muzero.targets import n_step
from world_models.successors.replay import Replay


def test_transform() -> None:
    """The transform is inverted, odd and has known values; the support encodes values in range."""
    x = torch.tensor([-3000.0, -51.3, -1.0, -0.01, 0.0, 0.2, 3.0, 900.0], dtype=torch.float64)
    torch.testing.assert_close(inverse(transform(x)), x)
    torch.testing.assert_close(transform(-x), -transform(x))
    assert transform(torch.tensor(3.0)).item() == pytest.approx(1.003)
    support = Support(60)
    hot = support.two_hot(x.float())
    torch.testing.assert_close(hot.sum(-1), torch.ones(len(x)))
    assert (hot > 0).sum(-1).max() <= 2
    torch.testing.assert_close(support.mean(hot.log()), x.float(), rtol=1e-3, atol=1e-3)
    assert support.mean(torch.zeros(1, 121)).item() == pytest.approx(0, abs=1e-5)
    assert support.mean(support.two_hot(torch.tensor([1e9])).log()).item() < 5000


def brute_force(rewards, flags, values, steps, unroll, discount):  # type: ignore[no-untyped-def]
    """Compute the n-step value targets from each unrolled row, one step at a time."""
    targets = []
    for at in range(unroll + 1):
        total, factor, row, over = 0.0, 1.0, at, False
        ended = any(flags[earlier] & Flag.LAST for earlier in range(at))
        for _ in range(steps):
            if ended or flags[row] & Flag.LAST:
                over = True
                break
            row += 1
            total, factor = total + factor * rewards[row], factor * discount
        last = next((n for n in range(len(flags)) if flags[n] & Flag.LAST), None)
        if ended:
            counts = bool(flags[last] & Flag.TERMINATED)
            targets.append(0.0 if counts else None)
            continue
        dead = bool(flags[row] & Flag.TERMINATED)
        assert over <= bool(flags[row] & Flag.LAST)
        targets.append(total + (0.0 if dead else factor * values[row]))
    return targets


def test_targets_are_those_of_brute_force() -> None:
    """n-step targets match brute force at all distances from both kinds of end, and without one."""
    rng, compared = np.random.default_rng(0), 0
    for trial in range(300):
        steps, unroll = int(rng.integers(1, 5)), int(rng.integers(1, 5))
        length = unroll + steps + 1
        rewards = rng.normal(size=length).astype(np.float32)
        values = rng.normal(size=length)
        flags = np.zeros(length, dtype=np.uint8)
        end = int(rng.integers(1, length + 3))
        if end < length:
            flags[end] |= Flag.LAST | (Flag.TERMINATED if trial % 2 else 0)
            if end + 1 < length:
                flags[end + 1] |= Flag.FIRST
        found = n_step(rewards[None], flags[None], steps, unroll, 0.9)
        ours = found.values[0] + found.boot_discount[0] * values[found.boot[0]]
        targets = brute_force(rewards, flags, values, steps, unroll, 0.9)
        for at, each in enumerate(targets):
            assert found.counts[0, at] == (each is not None)
            assert found.alive[0, at] == (at < end)
            if each is not None:
                assert ours[at] == pytest.approx(each, abs=1e-5)
                compared += 1
            if at > end:
                assert found.rewards[0, at] == 0
    assert compared > 500


def test_half_gradient() -> None:
    """The forward pass is the identity; the backward pass halves the gradient."""
    x = torch.tensor([2.0], requires_grad=True)
    y = HalfGradient.apply(x)
    (3 * y).backward()
    assert y.item() == 2 and x.grad is not None and x.grad.item() == 1.5


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Agent, Replay]:
    """Return an untrained agent and a replay of what it played."""
    torch.set_num_threads(1)
    agent = Agent(small(), SPACE)
    agent.initialise(torch.Generator().manual_seed(1))
    learner = MuzeroLearner(agent)
    replay = Replay(tmp_path_factory.mktemp("replay"), learner.columns, 2048)
    assignments = [Assignment(0, number) for number in range(8)]
    for rows in play_round(learner.actor(4), ECHO.make_training(4), assignments, 3, 1)[1]:
        replay.add(rows)
    return agent, replay


def test_what_was_seen_is_what_is_sampled(played: tuple[Agent, Replay]) -> None:
    """At each row the replay gives the same history as the actor saw in play."""
    agent, replay = played
    assert SPACE.choices is not None
    rows = Rows(replay, SPACE.choices.numpy(), agent.settings.history)
    flags = replay.column("flags")
    firsts = np.flatnonzero(flags & Flag.FIRST)[-3:]
    for first in firsts:
        actor = MuzeroActor(agent, 1, explores=True)
        actor.start([0], [Assignment(0, 1)])
        row = int(first)
        while not flags[row] & Flag.LAST:
            before = actor.taken.copy()
            actor.act(replay.column("frames", np.array([row])), [0])
            seen = rows.seen(np.array([row]))
            np.testing.assert_array_equal(seen.frames, actor.frames)
            np.testing.assert_array_equal(seen.actions, before[:, :-1])
            row += 1
            actor.taken[:, -2] = rows.hot(np.array([[row]]))[:, 0]  # the recorded action


def test_a_reset_forgets(played: tuple[Agent, Replay]) -> None:
    """After a reset an agent's actions don't depend on what came before, to the bit."""
    agent, _ = played
    rng = np.random.default_rng(0)
    used, new = MuzeroActor(agent, 2, True), MuzeroActor(agent, 2, True)
    used.start([0, 1], [Assignment(0, 5), Assignment(0, 6)])
    for _ in range(5):
        used.act(rng.integers(0, 255, (2, 64, 64, 3), dtype=np.uint8), [0, 1])
    for actor in (used, new):
        actor.start([0, 1], [Assignment(0, 7), Assignment(0, 8)])
    for _ in range(4):
        frames = rng.integers(0, 255, (2, 64, 64, 3), dtype=np.uint8)
        np.testing.assert_array_equal(used.act(frames, [0, 1]), new.act(frames, [0, 1]))
        np.testing.assert_array_equal(used.frames, new.frames)
        np.testing.assert_array_equal(used.taken[:, :-1], new.taken[:, :-1])


def test_batch_norm_goes_by_the_batch_in_updates_alone(played: tuple[Agent, Replay]) -> None:
    """In play a state's output doesn't depend on its batch; only an update moves the averages."""
    agent, replay = played
    norm = agent.network.convolutions[0]
    frames = torch.randint(0, 255, (6, agent.settings.history, 64, 64, 3), dtype=torch.uint8)
    nothing = torch.zeros(6, agent.settings.history - 1, 3)
    with torch.no_grad():
        before = norm.running_mean.clone()  # type: ignore[union-attr, operator]
        whole = agent.network.represent(frames, nothing)
        alone = agent.network.represent(frames[:1], nothing[:1])
    torch.testing.assert_close(whole[:1], alone)
    assert torch.equal(norm.running_mean, before)  # type: ignore[arg-type]
    MuzeroLearner(agent).update(replay, 5)
    assert not torch.equal(norm.running_mean, before)  # type: ignore[arg-type]
    assert not any(each.training for each in agent.modules())
