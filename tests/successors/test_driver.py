"""Episodes as rows of a replay: actions and rewards before frames, held actions, ends."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.successors.toys import ECHO, REWARDS, show
from tests.toy_world import TOY
from world_models.errors import WorldModelsError
from world_models.play.actors import OpenLoopActor
from world_models.play.episodes import Assignment
from world_models.successors.actions import action_space
from world_models.successors.driver import Flag, play_round
from world_models.tasks.contract import End, Environment, SyncVectorEnvironment


def played(choices: Sequence[int], repeat: int = 1, slots: int = 1) -> Any:
    """Play the given choices in the echo."""
    hot = np.eye(3, dtype=np.float32)
    actor = OpenLoopActor([lambda t: hot[choices[t]].tolist()], slots, 3)
    environments = ECHO.make_training(slots)
    return play_round(actor, environments, [Assignment(0, n) for n in range(slots)], 3, repeat)


def test_rows_say_what_led_to_each_frame() -> None:
    """Row t has the action before its frame and the reward that came with it; row 0 has neither."""
    choices = [0, 1, 2, 1, 2, 2]
    (episode,), (rows,) = played(choices)
    assert episode.end == End.TERMINATED and episode.steps == 6
    assert len(rows["flags"]) == 7
    assert rows["actions"][0].tolist() == [0, 0, 0] and rows["rewards"][0] == 0
    for row, choice in enumerate(choices, start=1):
        assert rows["actions"][row].argmax() == choice
        assert rows["rewards"][row] == REWARDS[choice]
    for row in range(1, 6):
        np.testing.assert_array_equal(rows["frames"][row], show(choices[row - 1]))
    assert rows["flags"].tolist() == [Flag.FIRST, 0, 0, 0, 0, 0, Flag.LAST | Flag.TERMINATED]


def test_a_frame_that_only_repeats_at_the_end_is_black() -> None:
    """If the last frame equals the one before, it is replaced by black; a new frame is kept."""
    (_,), (rows,) = played([2, 2])
    assert rows["frames"][-1].max() == 0
    (_,), (rows,) = played([0] * 12)
    assert rows["flags"][-1] == Flag.LAST
    np.testing.assert_array_equal(rows["frames"][-1], show(0))


def test_held_actions_are_one_row() -> None:
    """A held action is one row with the sum of its steps' rewards, also if the episode is cut."""
    (episode,), (rows,) = played([0, 1, 1, 1], repeat=5)
    assert episode.steps == 12 and len(rows["flags"]) == 4
    expected = [0, 5 * REWARDS[0], 5 * REWARDS[1], 2 * REWARDS[1]]
    np.testing.assert_allclose(rows["rewards"], expected)
    assert rows["actions"].argmax(1).tolist() == [0, 0, 1, 1]
    np.testing.assert_array_equal(rows["frames"][2], show(1))
    assert episode.score == pytest.approx(sum(expected))


def test_episodes_come_in_order() -> None:
    """Rows come in the order of the assignments, whatever slots the episodes were played in."""

    class Counting(Environment):
        def reset(self, seed: int) -> NDArray[np.uint8]:
            self.left = 5 - seed
            return np.full((64, 64, 3), seed, np.uint8)

        def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
            self.left -= 1
            end = End.NONE if self.left else End.TERMINATED
            return np.full((64, 64, 3), 9, np.uint8), 1.0, end

        def close(self) -> None:
            """Do nothing; no resources are held."""

    actor = OpenLoopActor([lambda t: [0.0]], 2, 1)
    environments = SyncVectorEnvironment([Counting(), Counting()])
    _, kept = play_round(actor, environments, [Assignment(0, n) for n in range(4)], 1, 1)
    assert [rows["frames"][0, 0, 0, 0] for rows in kept] == [0, 1, 2, 3]
    assert [len(rows["flags"]) for rows in kept] == [6, 5, 4, 3]


def test_action_spaces() -> None:
    """The action space is the task's own, or a list of choices that must fit the task."""
    assert action_space(ECHO, None, "x").choices is not None
    own = action_space(TOY, None, "x")
    assert not own.discrete and (own.low, own.high) == (torch.tensor([-1.0]), torch.tensor([1.0]))
    assert own.to_task(torch.tensor([[-2.0], [0.5]])).tolist() == [[-1], [0.5]]
    three = action_space(TOY, [[-1.0], [0.0], [1.0]], "x")
    assert three.discrete and three.to_task(torch.eye(3)).tolist() == [[-1], [0], [1]]
    for wrong, message in (
        ([[0.0, 1.0], [1.0]], "has 2 numbers"),
        ([[0.0], [1.5]], "out of bounds"),
    ):
        with pytest.raises(WorldModelsError, match=f"toy.planet.choices: .*{message}"):
            action_space(TOY, wrong, "toy.planet.choices")
