"""Agents in the project's one loop: repeated actions, and episodes as rows of a replay."""

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
    """A row's place in its episode."""

    FIRST = 1
    LAST = 2  # terminated or truncated
    TERMINATED = 4  # the game ended it: no reward follows


def columns(action_size: int) -> Columns:
    """Return the columns that `EpisodeRows` emits: a row per action, and one for the end.

    Row t has a frame, the action that led to it, and the sum of the rewards of that action. In an
    episode's first row, action and reward are 0.
    """
    return {
        "frames": ("uint8", (FRAME_SIZE, FRAME_SIZE, 3)),
        "actions": ("float32", (action_size,)),
        "rewards": ("float32", ()),
        "flags": ("uint8", ()),
    }


class Held:
    """Wraps an actor, and holds each of its actions for several environment steps.

    Args:
        actor: chooses the actions. slots: episodes side by side. action_size: length of an action.
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
        """Return each slot's action: a new one if it is due, else the one still held."""
        due = [slot for slot in slots if self.steps[slot] % self.repeat == 0]
        if due:
            self.actions[due] = self.actor.act(observations, due)[due]
        self.steps[list(slots)] += 1
        return self.actions


class EpisodeRows(Observer):
    """Emits finished episodes as rows of a replay, in the order of their assignments.

    If a game ends without a new frame, the end row gets a black one. If it repeated the last
    frame, the agent would have to tell apart two rows that look the same.

    Args:
        environments: where the episodes are played; holds the frame after a step.
        repeat: steps that each action is held for.
        keep: called with each episode's rows, which have the columns of `columns`.
    """

    def __init__(
        self, environments: VectorEnvironment, repeat: int, keep: Callable[[Rows], object]
    ) -> None:
        self.environments, self.repeat, self.keep = environments, repeat, keep
        self.going: dict[int, _Rows] = {}
        self.finished: dict[int, Rows] = {}
        self.due = 0  # the number of the next episode to emit

    def before_step(self, playing: Mapping[int, int], observations: Any, actions: Any) -> None:
        """Start a row when a new action starts."""
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
        """Add each reward to the row that its action leads to; at the end, add the last frame."""
        for slot, number in playing.items():
            rows = self.going[number]
            rows.rewards[-1] += float(rewards[slot])
            if ends[slot] != End.NONE:
                frame = self.environments.observations[slot].copy()
                if ends[slot] == End.TERMINATED and np.array_equal(frame, rows.seen):
                    frame[:] = 0
                rows.frames.append(frame)

    def episode_ended(self, number: int, episode: Episode) -> None:
        """Emit the episode, and later ones that waited for it."""
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
    """An unfinished episode: its frames and what led to each, at first the action `nothing`."""

    def __init__(self, nothing: NDArray[np.float32]) -> None:
        self.frames: list[NDArray[np.uint8]] = []
        self.actions, self.rewards = [nothing], [0.0]
        self.steps = 0
        self.seen: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)  # the frame before a step


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
