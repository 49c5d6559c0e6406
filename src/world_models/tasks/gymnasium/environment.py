"""A registered environment with its pictures reduced to what V sees."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.tasks.contract import End, Environment
from world_models.tasks.frames import reduce_frame
from world_models.tasks.gymnasium.registry import make
from world_models.tasks.gymnasium.settings import GymnasiumEnvironment


class GymnasiumGame(Environment):
    """One environment of Gymnasium's registry.

    Args:
        name: the task's. settings: its section `environment`.
        to_space: maps an action, (action_size,), to what the environment takes.
    """

    def __init__(
        self,
        name: str,
        settings: GymnasiumEnvironment,
        to_space: Callable[[NDArray[np.float32]], Any],
    ) -> None:
        self.key, self.settings, self.to_space = f"{name}.environment", settings, to_space
        self.env = make(name, settings)
        self.steps = 0

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Start the episode of `seed`; return the first frame."""
        observation, _ = self.env.reset(seed=seed)
        self.steps = 0
        return self._look(observation)

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Take one step; reaching the environment's own time limit also truncates the episode."""
        observation, reward, terminated, truncated, _ = self.env.step(self.to_space(action))
        self.steps += 1
        end = End.NONE
        if terminated:
            end = End.TERMINATED
        elif truncated or self.steps >= self.settings.max_steps:
            end = End.TRUNCATED
        return self._look(observation), float(reward), end

    def _look(self, observation: Any) -> NDArray[np.uint8]:
        shown = self.env.render() if self.settings.frame == "render" else observation
        picture = as_picture(shown, self.settings.crop, self.key)
        return reduce_frame(picture, len(picture))

    def close(self) -> None:
        """Free what the environment holds."""
        self.env.close()


def as_picture(shown: Any, crop: Sequence[int] | None, key: str) -> NDArray[np.uint8]:
    """Return a picture in red, green and blue, cropped: uint8, (height, width, 3).

    Args:
        shown: uint8, (height, width), or (height, width, channels) with 1 (grey), 3 (red, green,
            blue) or 4 (and opacity) channels.
        crop: [top, bottom, left, right] in pixels. key: the start of error messages.

    Raises:
        WorldModelsError: `shown` is no such picture, or the crop reaches beyond it.
    """
    if isinstance(shown, np.ndarray) and shown.ndim == 2:
        shown = shown[:, :, None]
    if (
        not isinstance(shown, np.ndarray)
        or shown.dtype != np.uint8
        or shown.ndim != 3
        or shown.shape[2] not in (1, 3, 4)
    ):
        found = f"{shown.dtype} {shown.shape}" if isinstance(shown, np.ndarray) else type(shown)
        raise WorldModelsError(
            f"{key}.frame: the environment shows {found}, not a uint8 picture (height x width "
            "x colours); choose another `frame`, or wrap the environment"
        )
    if crop is not None:
        top, bottom, left, right = crop
        if bottom > shown.shape[0] or right > shown.shape[1]:
            raise WorldModelsError(
                f"{key}.crop: {list(crop)} reaches beyond a picture of {shown.shape[0]} rows and "
                f"{shown.shape[1]} columns; give [top, bottom, left, right]"
            )
        shown = shown[top:bottom, left:right]
    if shown.shape[2] == 1:
        shown = shown.repeat(3, axis=2)
    return np.ascontiguousarray(shown[:, :, :3])
