"""Behaviours: their names and what they draw."""

import numpy as np

from tests.tasks.registered import LANDER
from world_models.tasks import KINDS, get_kind, get_task
from world_models.tasks.behaviours import between, held, one_of, roaming


def test_behaviours_have_the_names_that_settings_check() -> None:
    """A kind of task lists its tasks' behaviours without making a task."""
    for kind in KINDS:
        environment = {"kind": kind, **(LANDER if kind == "gymnasium" else {})}
        assert get_kind(kind).behaviours == tuple(get_task("mine", environment).behaviours)


def test_one_hot_behaviours() -> None:
    """One-hot choices are drawn uniformly; `held` and `roaming` hold them."""
    rng = np.random.default_rng(0)
    draws = np.stack([one_of(4)(rng) for _ in range(4000)])
    assert draws.dtype == np.float32 and (np.sort(draws) == [0, 0, 0, 1]).all()
    assert np.abs(draws.mean(axis=0) - 0.25).max() < 0.03
    for maker, shortest, longest in ((held(one_of(4), 10), 8, 10), (roaming(one_of(4)), 9, 100)):
        act = maker(np.random.default_rng(1))
        steps = np.stack([act() for _ in range(5000)]).argmax(axis=1)
        runs = np.diff(np.flatnonzero(np.diff(steps)))
        assert runs.max() >= shortest and np.median(runs) <= longest


def test_draws_are_as_they_were() -> None:
    """The order of draws, on which rollouts depend, is fixed: one action, then its holding time."""
    act, rng = held(between((-1,), (1,)), 10)(np.random.default_rng(3)), np.random.default_rng(3)
    for _ in range(20):
        action = np.float32(rng.uniform(-1, 1))
        for _ in range(int(rng.integers(1, 11))):
            assert act() == action
    first = roaming(between((-1,), (1,)))(np.random.default_rng(3))()
    rng = np.random.default_rng(3)
    rng.uniform(1, 2)  # the longest hold
    assert first == np.float32(rng.uniform(-1, 1))
