"""The play loop: the order of its calls, what observers see, and what is recorded."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.toy_world import TOY, ToyWorld
from world_models.play.actors import BehaviourActor, OpenLoopActor
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.play.observers import EpisodeCounter, Observer, Recorder, Rows
from world_models.tasks.contract import End, SyncVectorEnvironment, VectorEnvironment


class Countdown(VectorEnvironment):
    """An episode lasts `seed` steps; observations are the numbers of steps left."""

    def __init__(self, slots: int) -> None:
        super().__init__(slots, np.zeros(slots, dtype=np.int64))
        self.log: list[Any] = []

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        self.log.append(("start", list(slots), list(seeds)))
        self.observations[list(slots)] = seeds

    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        self.log.append(("step", list(slots)))
        self.observations[list(slots)] -= 1
        rewards, ends = np.zeros(self.slots), np.zeros(self.slots, dtype=np.uint8)
        rewards[list(slots)] = actions[list(slots), 0]
        over = [slot for slot in slots if self.observations[slot] == 0]
        ends[over] = End.TERMINATED
        return rewards, ends

    def close(self) -> None: ...


class Diary(Observer):
    """Records every call it gets."""

    def __init__(self) -> None:
        self.before: list[Any] = []
        self.after: list[Any] = []
        self.ended: list[tuple[int, Episode]] = []

    def before_step(self, playing: Mapping[int, int], observations: Any, actions: Any) -> None:
        self.before.append((dict(playing), observations.tolist(), actions[:, 0].tolist()))

    def after_step(
        self, playing: Mapping[int, int], rewards: NDArray[np.float64], ends: NDArray[np.uint8]
    ) -> None:
        self.after.append((dict(playing), ends.tolist()))

    def episode_ended(self, number: int, episode: Episode) -> None:
        self.ended.append((number, episode))


def count_steps(slots: int) -> OpenLoopActor:
    """Return an actor: candidate 0's action is the step's number, candidate 1's its negative."""
    return OpenLoopActor([lambda t: (float(t),), lambda t: (-float(t),)], slots, 1)


def test_order_of_play() -> None:
    """Slots are filled in the order of assignments and refilled at once; idle slots rest."""
    place, diary, ends = Countdown(2), Diary(), []
    todo = [Assignment(0, 3), Assignment(1, 1), Assignment(1, 2), Assignment(0, 1)]
    episodes = play(
        count_steps(2), place, todo, [diary, EpisodeCounter(lambda: ends.append(len(place.log)))]
    )
    assert place.log == [
        ("start", [0, 1], [3, 1]), ("step", [0, 1]),
        ("start", [1], [2]), ("step", [0, 1]), ("step", [0, 1]),
        ("start", [0], [1]), ("step", [0]),
    ]  # fmt: skip
    assert diary.before == [
        ({0: 0, 1: 1}, [3, 1], [0, 0]), ({0: 0, 1: 2}, [2, 2], [1, 0]),
        ({0: 0, 1: 2}, [1, 1], [2, -1]), ({0: 3}, [1, 0], [0, 0]),
    ]  # fmt: skip
    assert diary.after == [
        ({0: 0, 1: 1}, [0, 1]), ({0: 0, 1: 2}, [0, 0]), ({0: 0, 1: 2}, [1, 1]), ({0: 3}, [1, 0])
    ]  # fmt: skip
    assert [(e.candidate, e.seed, e.steps, e.score) for e in episodes] == [
        (0, 3, 3, 3.0), (1, 1, 1, 0.0), (1, 2, 2, -1.0), (0, 1, 1, 0.0)
    ]  # fmt: skip
    assert diary.ended == [(number, episodes[number]) for number in (1, 0, 2, 3)]
    assert ends == [2, 5, 5, 7]


def test_nothing_to_play() -> None:
    """Without assignments nothing is started."""
    place = Countdown(2)
    assert play(count_steps(2), place, []) == [] and place.log == []


def record(slots: int, seeds: Sequence[int]) -> list[Rows]:
    """Record episodes of the toy with its random behaviour."""
    worlds = SyncVectorEnvironment([ToyWorld() for _ in range(slots)])
    actor = BehaviourActor(TOY.behaviours["uniform"], slots, 1)
    kept: list[Rows] = []
    play(actor, worlds, [Assignment(0, seed) for seed in seeds], [Recorder(kept.append)])
    return kept


@pytest.mark.parametrize("slots", [1, 2, 5])
def test_a_recording_is_the_episode(slots: int) -> None:
    """Row t has the frame seen, the action then taken and its reward; episodes are in order."""
    seeds = [21, 22, 23, 24, 25, 26]
    kept = record(slots, seeds)
    assert [int(rows["seeds"][0]) for rows in kept] == seeds
    for seed, rows in zip(seeds, kept, strict=True):
        world, act = ToyWorld(), TOY.behaviours["uniform"](np.random.default_rng(seed))
        frame, end = world.reset(seed), End.NONE
        for t in range(int(rows["lengths"][0])):
            assert end is End.NONE
            action = act()
            assert np.array_equal(rows["frames"][t], frame)
            assert np.array_equal(rows["actions"][t], action)
            frame, reward, end = world.step(action)
            assert rows["rewards"][t] == np.float32(reward)
        assert rows["ends"].tolist() == [end] != [End.NONE]
        assert {name: len(part) for name, part in rows.items()} == {
            **dict.fromkeys(("frames", "actions", "rewards"), int(rows["lengths"][0])),
            **dict.fromkeys(("lengths", "ends", "seeds"), 1),
        }


def test_a_recorder_keeps_no_finished_episode() -> None:
    """Finished episodes are passed on in order, waiting for earlier ones, and then dropped."""
    kept: list[int] = []
    recorder = Recorder(lambda rows: kept.append(int(rows["seeds"][0])))

    class Waiting(Observer):
        most = 0

        def episode_ended(self, number: int, episode: Episode) -> None:
            self.most = max(self.most, len(recorder.finished) + len(recorder.going))

    place, waiting = Countdown(2), Waiting()
    todo = [Assignment(0, seed) for seed in (4, 1, 1, 1, 2, 2, 2)]
    play(count_steps(2), place, todo, [recorder, waiting])
    assert kept == [4, 1, 1, 1, 2, 2, 2]
    assert recorder.going == {} == recorder.finished and waiting.most <= 4
