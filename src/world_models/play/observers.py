"""Who watches: the contract of an observer, and the observers that record and report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.play.episodes import Episode
from world_models.tasks.contract import End

Rows = dict[str, NDArray[Any]]


class Observer:
    """Is told about each step and the end of each episode; subclasses override what they need.

    `playing` maps the slots with a running episode, in ascending order, to their assignments'
    numbers.
    """

    def before_step(self, playing: Mapping[int, int], observations: Any, actions: Any) -> None:
        """Receive what all slots show, and the actions chosen for it.

        Both have a row for each slot. The step may overwrite them, so copy what you keep.
        """

    def after_step(
        self, playing: Mapping[int, int], rewards: NDArray[np.float64], ends: NDArray[np.uint8]
    ) -> None:
        """Receive the step's rewards and ends (as `End`), each of shape (all slots,)."""

    def episode_ended(self, number: int, episode: Episode) -> None:
        """Receive the outcome of assignment `number`, after `after_step` for its last step."""


class EpisodeCounter(Observer):
    """Calls a function at the end of each episode, e.g. to advance a progress bar."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.call = call

    def episode_ended(self, number: int, episode: Episode) -> None:
        """Call the function."""
        self.call()


@dataclass
class _Recording:
    """The rows so far of a running episode."""

    frames: list[NDArray[np.uint8]] = field(default_factory=list)
    actions: list[NDArray[np.float32]] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)

    def rows(self, seed: int, end: End) -> Rows:
        """Return the rows of the finished episode."""
        return {
            "frames": np.stack(self.frames),
            "actions": np.stack(self.actions),
            "rewards": np.array(self.rewards, dtype=np.float32),
            "lengths": np.array([len(self.frames)], dtype=np.int64),
            "ends": np.array([end], dtype=np.uint8),
            "seeds": np.array([seed], dtype=np.int64),
        }


class Recorder(Observer):
    """Records episodes and passes them on in the order of their assignments.

    Row t of an episode has the frame seen, the action then taken and the reward for that action.
    Memory holds only running episodes, and finished ones that wait for an earlier one to end.

    Args:
        keep: receives each finished episode's rows: frames, uint8 (T, 64, 64, 3); actions, float32
            (T, action_size); rewards, float32 (T,); lengths, ends and seeds, of one row.
    """

    def __init__(self, keep: Callable[[Rows], object]) -> None:
        self.keep = keep
        self.going: dict[int, _Recording] = {}
        self.finished: dict[int, Rows] = {}
        self.due = 0  # the number of the episode to pass on next

    def before_step(self, playing: Mapping[int, int], observations: Any, actions: Any) -> None:
        """Record frames and actions."""
        for slot, number in playing.items():
            recording = self.going.setdefault(number, _Recording())
            recording.frames.append(observations[slot].copy())
            recording.actions.append(actions[slot].copy())

    def after_step(
        self, playing: Mapping[int, int], rewards: NDArray[np.float64], ends: NDArray[np.uint8]
    ) -> None:
        """Record rewards."""
        for slot, number in playing.items():
            self.going[number].rewards.append(float(rewards[slot]))

    def episode_ended(self, number: int, episode: Episode) -> None:
        """Pass on the episode, and those that waited for it."""
        self.finished[number] = self.going.pop(number).rows(episode.seed, episode.end)
        while self.due in self.finished:
            self.keep(self.finished.pop(self.due))
            self.due += 1
