"""The small contract between an experiment and everything else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.section import Section
from world_models.tasks.capabilities import Look, Places, Regions

if TYPE_CHECKING:  # collection needs no PyTorch, and it takes seconds to import
    from torch import Tensor

FRAME_SIZE = 64

Behaviour = Callable[[], NDArray[np.float32]]
"""A policy without senses: each call returns the next action, shape (action_size,)."""


class End(IntEnum):
    """How a step left its episode."""

    NONE = 0  # it goes on
    TERMINATED = 1  # the game ended it: death in Take Cover; lap done or field left in CarRacing
    TRUNCATED = 2  # it was cut off at max_steps


class Environment(ABC):
    """One real environment whose frames are reduced to what V sees.

    A frame is uint8, shape (64, 64, 3), red, green, blue, first row on top.
    """

    @abstractmethod
    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Start the episode that belongs to `seed` and return its first frame."""

    @abstractmethod
    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Take an action of shape (action_size,); return the next frame, the reward and the end.

        At a death there may be no next frame; the last one is returned again and means nothing.
        """

    @abstractmethod
    def close(self) -> None:
        """Free what the environment holds, processes included."""


class LabelledEnvironment(Environment):
    """A real environment that says which part of a frame shows what."""

    @abstractmethod
    def regions(self) -> dict[str, NDArray[np.bool_]]:
        """Return where the present frame shows what, (64, 64) each; a pixel is of one region.

        It is asked for after a reset, or after a step that didn't end the episode.
        """


class VectorEnvironment(ABC):
    """Environments side by side in slots, each playing an episode of its own.

    An episode depends on its seed and its actions alone, in any slot, beside any others.

    Args:
        slots: how many episodes can go on side by side.
        observations: what the slots show before anything has started; None means black frames.

    Attributes:
        slots: as above.
        observations: what each slot shows at present: frames of a real environment, uint8
            (slots, 64, 64, 3); the world model's state in a dream. `start` and `step` may write
            into it or replace it, so copy what is to be kept.
    """

    def __init__(self, slots: int, observations: Any = None) -> None:
        self.slots = slots
        self.observations = observations
        if observations is None:
            self.observations = np.zeros((slots, FRAME_SIZE, FRAME_SIZE, 3), dtype=np.uint8)

    @abstractmethod
    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin the episodes that belong to `seeds` in some slots; the others go on."""

    @abstractmethod
    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Take one step in some slots; the others rest.

        Args:
            slots: where episodes are going on, in rising order.
            actions: (all slots, action_size), float32; an array, or in dreams also a tensor.

        Returns:
            rewards and ends (as `End`), each of shape (all slots,), 0 where nothing was done.
        """

    @abstractmethod
    def close(self) -> None:
        """Free what the environments hold, processes included."""


class SyncVectorEnvironment(VectorEnvironment):
    """A vector of single environments."""

    def __init__(self, environments: Sequence[Environment]) -> None:
        super().__init__(len(environments))
        self.environments = environments

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Reset these slots' environments."""
        for slot, seed in zip(slots, seeds, strict=True):
            self.observations[slot] = self.environments[slot].reset(seed)

    def step(
        self, slots: Sequence[int], actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Step these slots' environments, one after the other."""
        rewards = np.zeros(self.slots)
        ends = np.zeros(self.slots, dtype=np.uint8)
        for slot in slots:
            frame, rewards[slot], ends[slot] = self.environments[slot].step(actions[slot])
            self.observations[slot] = frame
        return rewards, ends

    def close(self) -> None:
        """Close each."""
        for environment in self.environments:
            environment.close()


@dataclass(frozen=True)
class Task:
    """All that the stages need to know of what is played.

    Attributes:
        name: as in config.yaml and in paths. kind: the entry of `tasks.KINDS` that made it.
        environment: the section that it was made from.
        title: the name for people, e.g. "Take Cover".
        score: what a score counts, e.g. "steps survived".
        steps_per_second: steps of the game in a second, where a person plays it.
        action_size: numbers in an action, as fed to the environment and to M.
        squash: C's raw outputs, a tensor of shape (..., action_size), to actions of that shape.
        behaviours: policies that record rollouts, by name; each takes a random generator.
        random_behaviour: the name of the behaviour that is the random baseline.
        open_loop: policies that see nothing, by name: from a step's number to its action.
        open_loop_labels: the same names in words.
        example_actions: actions that a figure compares, by what they do in words.
        ends: how an episode ended, in words, from its end and its last reward.
        make_environment: builds one reference environment. Every score in a table is measured
            there.
        make_training: builds a given number of slots of what rollouts are recorded in and
            candidates are ranked in, which may be faster. A seed is the same episode there.
        max_steps: an episode's time limit.
        idle_reward: what a step brings in which nothing happens; None where there is no idling.
        look: another look; places: where players can be; regions: what is where in a frame. Each
            is None where the task has no such thing.
    """

    name: str
    kind: str
    environment: Section
    title: str
    score: str
    steps_per_second: float
    action_size: int
    max_steps: int
    squash: Callable[["Tensor"], "Tensor"]
    behaviours: Mapping[str, Callable[[np.random.Generator], Behaviour]]
    random_behaviour: str
    open_loop: Mapping[str, Callable[[int], Sequence[float]]]
    open_loop_labels: Mapping[str, str]
    example_actions: Mapping[str, Sequence[float]]
    ends: Callable[[End, float], str]
    make_environment: Callable[[], Environment]
    make_training: Callable[[int], VectorEnvironment]
    idle_reward: float | None = None
    look: Look | None = None
    places: Places | None = None
    regions: Regions | None = None

    def behaviour(self, name: str, rng: np.random.Generator) -> Behaviour:
        """Return a new policy of that name.

        Raises:
            WorldModelsError: the task has no such policy.
        """
        if name not in self.behaviours:
            known = ", ".join(self.behaviours)
            raise WorldModelsError(
                f"{self.name}.rollouts.behaviour: no policy {name} in this task; it has {known}"
            )
        return self.behaviours[name](rng)


@dataclass(frozen=True)
class Kind:
    """An entry of `tasks.KINDS`: a kind of environment, and how the paper or its users play it.

    Attributes:
        environment: the class of the section `environment`.
        make_task: from a task's name and that section to the task. It may start an environment.
        behaviours: the names of the behaviours that its tasks have.
        score_is_steps: an episode's score counts its steps.
        check: refuses a section that no task can be made from, as far as that shows in no time.
        defaults: what its sections in config.yaml have other than the settings classes say, by
            section and key.
    """

    environment: type[Section]
    make_task: Callable[[str, Section], Task]
    behaviours: tuple[str, ...]
    score_is_steps: bool = False
    check: Callable[[str, Section], None] = lambda name, settings: None
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
