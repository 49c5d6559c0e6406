"""The dream as a Gymnasium environment, for whoever brings an agent of their own."""

from typing import Any, Literal

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray

from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.memory.model import Initial, Memory
from world_models.tasks.contract import End, Task


class DreamEnvironment(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """One dreamed episode at a time.

    An action is the task's, within the bounds of what its controllers can do. An episode is
    terminated by a death that M predicts, and truncated at the time limit.

    Args:
        memory, initial, temperature, max_steps, task: as for `Dream`.
        sees: an observation is the latent alone ("z"), or what the paper's controller of this
            task sees ("z_h"): [z, h] for CarRacing, [z, c, h] for Take Cover. float32.

    Raises:
        WorldModelsError: as `Dream`; `sees` is something else.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        memory: Memory,
        initial: Initial,
        temperature: float,
        max_steps: int,
        task: Task,
        sees: Literal["z", "z_h"] = "z_h",
    ) -> None:
        if sees not in ("z", "z_h"):
            raise WorldModelsError(f"sees {sees}: unknown; choose z or z_h")
        self.dream = Dream(memory, initial, temperature, 1, max_steps, task)
        self.sees = sees
        # What a controller can do at most lies where its outputs are infinite.
        extremes = torch.tensor([[-np.inf], [np.inf]]).expand(2, task.action_size)
        low, high = task.squash(extremes).numpy()
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
        rewards, ends = self.dream.step(np.asarray(action, dtype=np.float32)[None])
        terminated, truncated = bool(ends[0] == End.TERMINATED), bool(ends[0] == End.TRUNCATED)
        return self._observation(), float(rewards[0]), terminated, truncated, {}

    def _observation(self) -> NDArray[np.float32]:
        dream = self.dream
        parts = (
            [dream.z, dream.c, dream.h] if dream.task.controller_sees_cell else [dream.z, dream.h]
        )
        parts = parts[:1] if self.sees == "z" else parts
        return np.concatenate([part[0].cpu().numpy() for part in parts])
