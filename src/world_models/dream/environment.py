"""The dream as a Gymnasium environment, for whoever brings an agent of their own."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray

from world_models.dream.engine import Dream
from world_models.tasks.contract import End, Task
from world_models.world_model.contract import WorldModel, check_actions


class DreamEnvironment(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """One dreamed episode at a time.

    An action is the task's, within the bounds of what its controllers can do. An episode is
    terminated by a death that the world model predicts, and truncated at the time limit.

    Args:
        world_model: made for one slot.
        temperature, max_steps: as for `Dream`.
        task: the task that the world model was trained for.
        sees: the parts of the world model's state that are an observation, laid side by side,
            float32. The paper's controllers see ("z", "h") in CarRacing, ("z", "c", "h") in Take
            Cover.

    Raises:
        WorldModelsError: as `Dream`; actions of another size than the task's; an unknown part.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        world_model: WorldModel,
        temperature: float,
        max_steps: int,
        task: Task,
        sees: Sequence[str] = ("z", "h"),
    ) -> None:
        check_actions(world_model, task)
        self.dream = Dream(world_model, temperature, max_steps)
        self.sees = sees
        # What a controller can do at most lies where its outputs are infinite.
        one_of_them = torch.eye(task.action_size, dtype=torch.bool)
        none_and_all = torch.tensor([[False], [True]]).expand(2, task.action_size)
        infinite = torch.where(torch.cat([none_and_all, one_of_them]), np.inf, -np.inf)
        actions = task.squash(infinite).numpy()
        low, high = actions.min(axis=0), actions.max(axis=0)
        self.action_space = gymnasium.spaces.Box(low, high, dtype=np.float32)
        shape = self._observation().shape
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, shape, np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; the same seed gives the same one."""
        super().reset(seed=seed)
        self.dream.start([0], [int(self.np_random.integers(2**31))])
        return self._observation(), {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Dream one step; return observation, reward, terminated, truncated and an empty dict."""
        rewards, ends = self.dream.step([0], np.asarray(action, dtype=np.float32)[None])
        terminated, truncated = bool(ends[0] == End.TERMINATED), bool(ends[0] == End.TRUNCATED)
        return self._observation(), float(rewards[0]), terminated, truncated, {}

    def _observation(self) -> NDArray[np.float32]:
        features = self.dream.world_model.features(self.dream.observations, self.sees)
        observation: NDArray[np.float32] = features[0].cpu().numpy()
        return observation
