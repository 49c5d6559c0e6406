"""The dream as a Gymnasium vector environment: many episodes at once."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from world_models.dream.engine import Dream
from world_models.dream.environment import (
    Decode,
    action_space,
    check_rendering,
    observation_space,
)
from world_models.tasks.contract import End, Task
from world_models.world_model.contract import WorldModel, check_actions

Arrays = NDArray[np.float32]
Flags = NDArray[np.bool_]


class DreamVectorEnvironment(VectorEnv[Arrays, Arrays, Any]):
    """Dreamed episodes side by side, computed together.

    Gymnasium's `AutoresetMode.NEXT_STEP`: the step after an episode's last begins the next one; its
    action is not used, and its reward is 0.

    Args:
        world_model: its slots are the environments.
        temperature, max_steps, task, sees, decode, render_mode, shows: as for `DreamEnvironment`.
            There is no window; "rgb_array" returns a tuple of frames, one for each environment.

    Raises:
        WorldModelsError: as `DreamEnvironment`.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012
        "render_modes": ["rgb_array"],
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        world_model: WorldModel,
        temperature: float,
        max_steps: int,
        task: Task,
        sees: Sequence[str] = ("z", "h"),
        decode: Decode | None = None,
        render_mode: str | None = None,
        shows: Sequence[str] = ("z",),
    ) -> None:
        check_actions(world_model, task)
        check_rendering(render_mode, self.metadata["render_modes"], decode)
        self.dream = Dream(world_model, temperature, max_steps)
        self.sees, self.shows = sees, shows
        self.decode, self.render_mode = decode, render_mode
        self.metadata = {**self.metadata, "render_fps": task.steps_per_second}
        self.num_envs = world_model.slots
        self.single_action_space = action_space(task)
        self.single_observation_space = observation_space(world_model, sees)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.over = np.zeros(self.num_envs, dtype=bool)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Arrays, dict[str, Any]]:
        """Begin an episode in each environment; the same seed gives the same ones."""
        super().reset(seed=seed)
        self._start(range(self.num_envs))
        self.over[:] = False
        return self._observations(), {}

    def step(
        self, actions: Arrays
    ) -> tuple[Arrays, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Dream one step in each environment, or begin its next episode.

        Args:
            actions: (num_envs, action_size).

        Returns:
            observations, rewards, terminated, truncated, each with a row for each environment; and
            an empty dict.
        """
        going = np.flatnonzero(~self.over).tolist()
        rewards, ends = np.zeros(self.num_envs), np.zeros(self.num_envs, dtype=np.uint8)
        if going:
            rewards, ends = self.dream.step(going, np.asarray(actions, dtype=np.float32))
        self._start(np.flatnonzero(self.over).tolist())
        self.over = ends != End.NONE
        terminated, truncated = ends == End.TERMINATED, ends == End.TRUNCATED
        return self._observations(), rewards, terminated, truncated, {}

    def restart(self, environments: Sequence[int]) -> Arrays:
        """Begin the next episode in some environments immediately; return all observations."""
        self._start(environments)
        self.over[list(environments)] = False
        return self._observations()

    def render(self) -> Any:
        """Return the current latents, decoded, a frame for each environment."""
        if self.render_mode is None:
            gymnasium.logger.warn("render was called, but render_mode is None")
            return None
        assert self.decode is not None
        features = self.dream.world_model.features(self.dream.observations, self.shows)
        return tuple(self.decode(features))

    def _start(self, slots: Sequence[int]) -> None:
        seeds = self.np_random.integers(2**31, size=len(slots)).tolist()
        self.dream.start(list(slots), seeds)

    def _observations(self) -> Arrays:
        features = self.dream.world_model.features(self.dream.observations, self.sees)
        observations: Arrays = features.cpu().numpy().copy()
        return observations
