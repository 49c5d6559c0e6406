"""The small contract between an experiment and everything else."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
    DEATH = 1  # the game ended it: death in Take Cover; lap done or field left in CarRacing
    TIME_LIMIT = 2  # it was cut off at max_steps


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


@dataclass(frozen=True)
class Task:
    """All that the stages need to know of an experiment.

    Attributes:
        name: as in config.yaml and in paths.
        action_size: numbers in an action, as fed to the environment and to M.
        predicts_death: M has a head for the death that ends the episode.
        predicts_reward: a head of its own predicts the reward (M's other weights don't know it).
        sees_restart: M's input has a flag that is 1 at an episode's first step.
        controller_sees_cell: C's features are [z, c, h] instead of [z, h].
        controller_bias: C's linear map has a bias.
        environment_settings: the class of the section `environment`.
        make_environment: builds one real environment from that section.
        squash: C's raw outputs, a tensor of shape (..., action_size), to actions of that shape.
        behaviours: policies that record rollouts, by name; each takes a random generator.
        random_policy: the name of the behaviour that is the random baseline.
    """

    name: str
    action_size: int
    predicts_death: bool
    predicts_reward: bool
    sees_restart: bool
    controller_sees_cell: bool
    controller_bias: bool
    environment_settings: type[Section]
    make_environment: Callable[[Section], Environment]
    squash: Callable[["Tensor"], "Tensor"]
    behaviours: dict[str, Callable[[np.random.Generator], Behaviour]]
    random_policy: str

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


def reduce_frame(frame: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
    """Crop to the first `rows` rows and reduce to 64x64 by antialiased bilinear interpolation.

    The original's `scipy.misc.imresize(frame, (64, 64))` did the same by Pillow.
    """
    image = Image.fromarray(frame[:rows])
    return np.asarray(image.resize((FRAME_SIZE, FRAME_SIZE), Image.Resampling.BILINEAR))


def uniform(
    low: Sequence[float], high: Sequence[float]
) -> Callable[[np.random.Generator], Behaviour]:
    """Return a policy that draws each action anew, uniformly between `low` and `high`."""

    def start(rng: np.random.Generator) -> Behaviour:
        return lambda: rng.uniform(low, high).astype(np.float32)

    return start
