"""Agents at play in the project's one loop: actions that are held, episodes as rows of a replay."""

from collections.abc import Callable, Mapping, Sequence
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.play.actors import Actor
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.play.observers import Observer, Rows
from world_models.successors.replay import Columns
from world_models.tasks.contract import FRAME_SIZE, End, VectorEnvironment


class Flag(IntFlag):
    """What a row is of its episode."""

    FIRST = 1
    LAST = 2  # however it ended
    TERMINATED = 4  # the game ended it: nothing would have followed


def columns(action_size: int) -> Columns:
    """Return what `EpisodeRows` hands on: a row for each action, and one for the episode's end.

    Row t has the frame that was seen, and how it came about: the action before it and the sum of
    the rewards which that brought. In an episode's first row both are 0.
    """
    return {
        "frames": ("uint8", (FRAME_SIZE, FRAME_SIZE, 3)),
        "actions": ("float32", (action_size,)),
        "rewards": ("float32", ()),
        "flags": ("uint8", ()),
    }


class Held:
    """An actor that holds each action of another one for some steps of the environment.

    Args:
        actor: chooses the actions. slots: episodes side by side. action_size: numbers in an action.
        repeat: steps that an action is held for.
    """

    def __init__(self, actor: Actor, slots: int, action_size: int, repeat: int) -> None:
        self.actor, self.repeat = actor, repeat
        self.steps = np.zeros(slots, dtype=np.int64)
        self.actions = np.zeros((slots, action_size), dtype=np.float32)

    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Begin new episodes in some slots."""
        self.steps[list(slots)] = 0
        self.actor.start(slots, assignments)

    def act(self, observations: Any, slots: Sequence[int]) -> NDArray[np.float32]:
        """Return the actions that are due, or still held."""
        due = [slot for slot in slots if self.steps[slot] % self.repeat == 0]
        if due:
            self.actions[due] = self.actor.act(observations, due)[due]
        self.steps[list(slots)] += 1
        return self.actions


class EpisodeRows(Observer):
    """Hands on finished episodes as rows of a replay, in the order of their assignments.

    Where a game ends without another frame, the row of the end has a black one: an agent that saw
    the last one again would have to tell apart what looks the same.

    Args:
        environments: where the episodes take place; shows the frame after a step.
        repeat: steps that each action is held for.
        keep: is given each episode's rows, with the columns of `columns`.
    """

    def __init__(
        self, environments: VectorEnvironment, repeat: int, keep: Callable[[Rows], object]
    ) -> None:
        self.environments, self.repeat, self.keep = environments, repeat, keep
        self.going: dict[int, _Rows] = {}
        self.finished: dict[int, Rows] = {}
        self.due = 0  # the number of the episode to hand on next

    def before_step(self, playing: Mapping[int, int], observations: Any, actions: Any) -> None:
        """Begin a row where an action begins."""
        for slot, number in playing.items():
            rows = self.going.setdefault(number, _Rows(np.zeros_like(actions[slot])))
            rows.seen = observations[slot].copy()
            if rows.steps % self.repeat == 0:
                rows.frames.append(rows.seen)
                rows.actions.append(actions[slot].copy())
                rows.rewards.append(0.0)
            rows.steps += 1

    def after_step(
        self, playing: Mapping[int, int], rewards: NDArray[np.float64], ends: NDArray[np.uint8]
    ) -> None:
        """Add rewards to the row that they lead to; at an episode's end, add its frame."""
        for slot, number in playing.items():
            rows = self.going[number]
            rows.rewards[-1] += float(rewards[slot])
            if ends[slot] != End.NONE:
                frame = self.environments.observations[slot].copy()
                if ends[slot] == End.TERMINATED and np.array_equal(frame, rows.seen):
                    frame[:] = 0
                rows.frames.append(frame)

    def episode_ended(self, number: int, episode: Episode) -> None:
        """Hand on the episode, and those that waited for it."""
        rows = self.going.pop(number)
        flags = np.zeros(len(rows.frames), dtype=np.uint8)
        flags[0] |= Flag.FIRST
        flags[-1] |= Flag.LAST
        if episode.end == End.TERMINATED:
            flags[-1] |= Flag.TERMINATED
        self.finished[number] = {
            "frames": np.stack(rows.frames),
            "actions": np.stack(rows.actions),
            "rewards": np.array(rows.rewards, dtype=np.float32),
            "flags": flags,
        }
        while self.due in self.finished:
            self.keep(self.finished.pop(self.due))
            self.due += 1


class _Rows:
    """An episode that is going on: frames seen, and what led to them, from nothing at first."""

    def __init__(self, nothing: NDArray[np.float32]) -> None:
        self.frames: list[NDArray[np.uint8]] = []
        self.actions, self.rewards = [nothing], [0.0]
        self.steps = 0
        self.seen: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)  # before the present step


def play_round(
    actor: Actor,
    environments: VectorEnvironment,
    assignments: Sequence[Assignment],
    action_size: int,
    repeat: int,
) -> tuple[list[Episode], list[Rows]]:
    """Play episodes with held actions; return them and their rows, in order."""
    kept: list[Rows] = []
    held = Held(actor, environments.slots, action_size, repeat)
    rows = EpisodeRows(environments, repeat, kept.append)
    return play(held, environments, assignments, [rows]), kept
