"""The contract between a task and everything that plays or studies it."""

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

if TYPE_CHECKING:  # slow to import, and collection doesn't need PyTorch
    from torch import Tensor

FRAME_SIZE = 64

Behaviour = Callable[[], NDArray[np.float32]]
"""A policy that sees nothing: each call returns the next action, shape (action_size,)."""


class End(IntEnum):
    """Whether and how a step ended its episode."""

    NONE = 0  # the episode goes on
    TERMINATED = 1  # the game ended it: death in Take Cover; lap done or field left in CarRacing
    TRUNCATED = 2  # the time limit, max_steps, ended it


class Environment(ABC):
    """One real environment whose frames are reduced to what V sees.

    A frame is uint8, shape (64, 64, 3): red, green, blue, top row first.
    """

    @abstractmethod
    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Start the episode that belongs to `seed` and return its first frame."""

    @abstractmethod
    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Take an action of shape (action_size,); return the next frame, the reward and the end.

        After a death there may be no next frame. The last one is then returned again; ignore it.
        """

    @abstractmethod
    def close(self) -> None:
        """Free what the environment holds, processes included."""


class LabelledEnvironment(Environment):
    """A real environment that labels the regions of its frames."""

    @abstractmethod
    def regions(self) -> dict[str, NDArray[np.bool_]]:
        """Return a mask for each region of the current frame, (64, 64); a pixel is in one region.

        Call it after a reset, or after a step that didn't end the episode.
        """


class VectorEnvironment(ABC):
    """Environments side by side in slots, each playing its own episode.

    An episode depends only on its seed and its actions, not on its slot or the other episodes.

    Args:
        slots: how many episodes can run side by side.
        observations: what the slots show before anything has started; None means black frames.

    Attributes:
        slots: as above.
        observations: what each slot currently shows: a real environment's frames, uint8
            (slots, 64, 64, 3), or the world model's state in a dream. `start` and `step` may
            overwrite or replace it, so copy what you keep.
    """

    def __init__(self, slots: int, observations: Any = None) -> None:
        self.slots = slots
        self.observations = observations
        if observations is None:
            self.observations = np.zeros((slots, FRAME_SIZE, FRAME_SIZE, 3), dtype=np.uint8)

    @abstractmethod
    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin the episodes that belong to `seeds` in some slots; the other slots go on."""

    @abstractmethod
    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Take one step in some slots; the others stay as they are.

        Args:
            slots: the slots to step, in ascending order; each has a running episode.
            actions: (all slots, action_size), float32; an array, or in dreams also a tensor.

        Returns:
            rewards and ends (as `End`), each of shape (all slots,), 0 in the slots not stepped.
        """

    @abstractmethod
    def close(self) -> None:
        """Free what the environments hold, processes included."""


class SyncVectorEnvironment(VectorEnvironment):
    """A vector environment made of single environments, stepped in turn."""

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
        """Step these slots' environments, one after another."""
        rewards = np.zeros(self.slots)
        ends = np.zeros(self.slots, dtype=np.uint8)
        for slot in slots:
            frame, rewards[slot], ends[slot] = self.environments[slot].step(actions[slot])
            self.observations[slot] = frame
        return rewards, ends

    def close(self) -> None:
        """Close all environments."""
        for environment in self.environments:
            environment.close()


@dataclass(frozen=True)
class Task:
    """Everything the stages need to know about what is played.

    Attributes:
        name: as in config.yaml and in paths. kind: the entry of `tasks.KINDS` that made it.
        environment: the config section it was made from.
        title: the display name, e.g. "Take Cover".
        score: what a score counts, e.g. "steps survived".
        steps_per_second: game steps per second at the speed at which people play it.
        action_size: numbers in an action, as fed to the environment and to M.
        squash: maps C's raw outputs, a tensor of shape (..., action_size), to actions of that
            shape.
        behaviours: policies that record rollouts, by name; each takes a random generator.
        random_behaviour: the name of the behaviour that is the random baseline.
        open_loop: policies that see nothing, by name; each maps a step's number to its action.
        open_loop_labels: a label in words for each of these names.
        example_actions: actions that a figure compares, keyed by what they do in words.
        ends: maps an episode's end and its last reward to words for how it ended.
        make_environment: builds one reference environment. Every score in a table is measured
            there.
        make_training: builds an environment with the given number of slots, for recording rollouts
            and ranking candidates. It may be faster; a seed gives the same episode there.
        max_steps: an episode's time limit.
        idle_reward: the reward of a step in which nothing happens; None if the task has no idling.
        look: an alternative look. places: where players can be. regions: labels for the regions of
            a frame. Each is None if the task does not have it.
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
        make_task: makes the task from its name and that section. It may start an environment.
        behaviours: the names of its tasks' behaviours.
        score_is_steps: whether an episode's score counts its steps.
        check: rejects a section that no task can be made from, as far as a quick check can tell.
        defaults: this kind's defaults for config.yaml where they differ from those of the settings
            classes, by section and key.
    """

    environment: type[Section]
    make_task: Callable[[str, Section], Task]
    behaviours: tuple[str, ...]
    score_is_steps: bool = False
    check: Callable[[str, Section], None] = lambda name, settings: None
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
