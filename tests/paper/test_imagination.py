"""The dreams in the figures are aligned with the recorded episode, and reproducible."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.paper.results_folder import TASKS, VARIANTS
from world_models.paper.figures.next_frames import FURTHER, moments
from world_models.paper.imagination import Moment, dream_on, frames_of, imagine
from world_models.paper.inputs import Inputs, TaskResults
from world_models.paper.load import load
from world_models.paper.sources import parse

MOMENT = Moment(episode=2, step=4)  # its episode is rows 39 to 63 of Take Cover's shard
ROW = 30 + 9 + MOMENT.step


@pytest.fixture(scope="module")
def inputs(results: Path) -> Inputs:
    """Load all results."""
    return load(results, parse(json.dumps(list(TASKS.values()))), 3)


@pytest.fixture
def take_cover(inputs: Inputs) -> TaskResults:
    """Return Take Cover's results."""
    return inputs.tasks["take_cover"]


@contextmanager
def changed(values: np.ndarray, row: int) -> Iterator[None]:
    """Change one row temporarily."""
    before = values[row].copy()
    values[row] = 1 - before  # uint8 wraps around
    yield
    values[row] = before


def dream(results: TaskResults) -> torch.Tensor:
    """Return three steps of a dream."""
    return dream_on(results, MOMENT, 3, 1.0, 2, seed=3)


def test_an_action_shapes_the_next_step_and_no_earlier_one(take_cover: TaskResults) -> None:
    """The action taken at the moment's frame is the first that changes the dream."""
    before, actions = dream(take_cover), take_cover.held_out.actions
    for ahead in range(3):
        with changed(actions, ROW + ahead):
            now = dream(take_cover)
        assert torch.equal(now[:, :ahead], before[:, :ahead])
        assert not torch.isclose(now[:, ahead], before[:, ahead], atol=1e-4).all()
    for row in (ROW - 1, ROW - 4):  # M remembers earlier steps
        with changed(actions, row):
            assert not torch.equal(dream(take_cover), before)
    for row in (ROW - 5, ROW + 3):  # in another episode; beyond the dream
        with changed(actions, row):
            assert torch.equal(dream(take_cover), before)


def test_the_dream_sees_nothing_of_what_follows(
    take_cover: TaskResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames after the moment do not matter; the moment's own frame does."""
    before, frames = dream(take_cover), take_cover.held_out.rows["frames"][:]
    monkeypatch.setitem(take_cover.held_out.rows, "frames", frames)
    for row, matters in ((ROW + 1, False), (ROW, True)):
        with changed(frames, row):
            assert torch.equal(dream(take_cover), before) != matters


def test_held_actions_take_the_recorded_ones_place(take_cover: TaskResults) -> None:
    """Passing the recorded actions gives the same dream; changing one changes the next step."""
    rows = take_cover.held_out.episode(MOMENT.episode)
    first = rows.start + MOMENT.step
    recorded = take_cover.held_out.actions[first : first + 3].copy()
    plain = dream(take_cover)
    assert torch.equal(dream_on(take_cover, MOMENT, 3, 1.0, 2, 3, recorded), plain)
    recorded[0] = -recorded[0]
    assert not torch.equal(dream_on(take_cover, MOMENT, 3, 1.0, 2, 3, recorded)[:, 0], plain[:, 0])


def test_draws(take_cover: TaskResults) -> None:
    """The same seed gives the same dream; other samples and seeds differ."""
    before = dream(take_cover)
    assert torch.equal(dream(take_cover), before)
    assert not torch.equal(before[0], before[1])
    assert not torch.equal(dream_on(take_cover, MOMENT, 3, 1.0, 2, seed=4), before)


def test_frames(take_cover: TaskResults) -> None:
    """Recorded frames are the episode's; decoded dreams keep the order of samples and steps."""
    frames = take_cover.held_out.rows["frames"]
    assert np.array_equal(frames_of(take_cover, MOMENT, 3), frames[ROW : ROW + 4])
    decoded = imagine(take_cover, MOMENT, 3, 1.0, 2, seed=3)
    assert decoded.shape == (2, 3, 64, 64, 3)
    alone = take_cover.vision.decode(dream(take_cover)[1, 2][None])[0]
    assert np.allclose(decoded[1, 2], alone.permute(1, 2, 0).numpy() * 255, atol=0.6)


def test_moments_lie_within_their_episodes(inputs: Inputs) -> None:
    """Each moment has FURTHER steps ahead in its episode; shorter episodes are skipped."""
    for results in inputs.tasks.values():
        for moment, ahead in moments(results):
            assert ahead == FURTHER
            assert 0 <= moment.step < moment.step + ahead < results.held_out.lengths[moment.episode]


def test_scale_and_order(inputs: Inputs) -> None:
    """The root gives the scale and the study; controllers come in the tables' order."""
    assert (inputs.scale, inputs.study) == ("smoke", None)
    for root, scale, study in (
        ("results", "paper", None),
        ("results/studies/cold", "paper", "cold"),
        ("results/lab/studies/cold", "lab", "cold"),
    ):
        found = Inputs(Path(root), 1, {})
        assert (found.scale, found.study) == (scale, study)
    assert [each.name for each in inputs.tasks["car_racing"].controllers] == list(VARIANTS)
