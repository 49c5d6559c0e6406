"""Dreams for Stable-Baselines3: a batch in which an ended episode restarts in the same step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import VecEnv

from world_models.dream.vector import DreamVectorEnvironment


class DreamVecEnv(VecEnv):
    """A `DreamVectorEnvironment` as an SB3 `VecEnv`.

    When an episode ends, its last observation is in the info's "terminal_observation", and the
    returned observation is the next episode's first. "TimeLimit.truncated" distinguishes the time
    limit from a death, as in SB3's own wrappers.

    Args:
        dreams: the environment to wrap, e.g. `environments.trained.make_dreams("take_cover", 64)`.
    """

    def __init__(self, dreams: DreamVectorEnvironment) -> None:
        self.dreams = dreams
        super().__init__(
            dreams.num_envs, dreams.single_observation_space, dreams.single_action_space
        )
        self.actions = np.zeros(dreams.action_space.shape or (), dtype=np.float32)
        self.render_mode = dreams.render_mode

    def reset(self) -> NDArray[np.float32]:
        """Begin an episode in each environment."""
        seed = self._seeds[0]
        self._reset_seeds()
        return self.dreams.reset(seed=seed)[0]

    def step_async(self, actions: NDArray[np.float32]) -> None:
        """Store the actions, (num_envs, action_size), for `step_wait`."""
        self.actions = actions

    def step_wait(self) -> Any:
        """Dream one step; begin the next episode wherever one ended."""
        observations, rewards, terminated, truncated, _ = self.dreams.step(self.actions)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        dones = terminated | truncated
        if dones.any():
            for index in np.flatnonzero(dones):
                infos[index]["terminal_observation"] = observations[index]
                infos[index]["TimeLimit.truncated"] = bool(truncated[index])
            observations = self.dreams.restart(np.flatnonzero(dones).tolist())
        return observations, rewards.astype(np.float32), dones, infos

    def close(self) -> None:
        """Do nothing: there is nothing to free."""

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """Return the decoded latents, a frame for each environment."""
        return list(self.dreams.render() or [])

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute, once for each environment."""
        return [getattr(self.dreams, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute, for all environments."""
        setattr(self.dreams, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method once; return its result for each environment."""
        result = getattr(self.dreams, method_name)(*method_args, **method_kwargs)
        return [result] * len(list(self._get_indices(indices)))

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Return False for each environment: none is wrapped."""
        return [False] * len(list(self._get_indices(indices)))
