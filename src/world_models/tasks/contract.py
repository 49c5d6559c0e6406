"""The small contract between an experiment and everything else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.section import Section

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
    """All that the stages need to know of an experiment.

    Attributes:
        name: as in config.yaml and in paths.
        action_size: numbers in an action, as fed to the environment and to M.
        environment_settings: the class of the section `environment`.
        make_environment: builds one reference environment from that section: every score in a
            table is measured there.
        make_training: builds a given number of slots of what rollouts are recorded in and
            candidates are ranked in, which may be faster; the same for the same seeds.
        squash: C's raw outputs, a tensor of shape (..., action_size), to actions of that shape.
        behaviours: policies that record rollouts, by name; each takes a random generator.
        random_policy: the name of the behaviour that is the random baseline.
        open_loop: policies that see nothing, by name: each maps the number of a step, from 0, to
            its action. They show whether a dream is as dangerous as the game.
        open_loop_labels: the same names in words, for figures.
        idle_reward: what a step brings in which nothing happens; None where there is no idling.
    """

    name: str
    action_size: int
    environment_settings: type[Section]
    make_environment: Callable[[Section], Environment]
    make_training: Callable[[Section, int], VectorEnvironment]
    squash: Callable[["Tensor"], "Tensor"]
    behaviours: dict[str, Callable[[np.random.Generator], Behaviour]]
    random_policy: str
    open_loop: Mapping[str, Callable[[int], Sequence[float]]]
    open_loop_labels: Mapping[str, str]
    idle_reward: float | None = None

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


def reduce_frames(frames: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
    """Crop to the first `rows` rows and reduce to 64x64 by antialiased bilinear interpolation.

    The original's `scipy.misc.imresize(frame, (64, 64))` did the same by Pillow; PyTorch's kernel
    differs from Pillow's by one level in some 0.4 % of values, and is four times as fast.

    Args:
        frames: uint8, (n, height, width, 3).
        rows: how many rows are kept, from the top.

    Returns:
        uint8, (n, 64, 64, 3).
    """
    import torch  # takes a second, which those that see no frame need not spend

    images = torch.from_numpy(frames[:, :rows]).permute(0, 3, 1, 2)
    size = (FRAME_SIZE, FRAME_SIZE)
    reduced = torch.nn.functional.interpolate(images, size, mode="bilinear", antialias=True)
    return reduced.permute(0, 2, 3, 1).numpy()


def reduce_frame(frame: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
    """Reduce one frame, (height, width, 3), as `reduce_frames` does."""
    return reduce_frames(frame[None], rows)[0]


def uniform(
    low: Sequence[float], high: Sequence[float]
) -> Callable[[np.random.Generator], Behaviour]:
    """Return a policy that draws each action anew, uniformly between `low` and `high`."""

    def start(rng: np.random.Generator) -> Behaviour:
        return lambda: rng.uniform(low, high).astype(np.float32)

    return start
