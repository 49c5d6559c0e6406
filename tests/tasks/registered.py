"""Environments that tests register with Gymnasium, and tasks made from registered ones."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from world_models.tasks import get_task
from world_models.tasks.contract import Task

LANDER = {"id": "LunarLander-v3"}


def task_of(**environment: Any) -> Task:
    """Return the task `mine` with these environment settings."""
    return get_task("mine", {"kind": "gymnasium", **environment})


class Stage(gymnasium.Env[Any, Any]):
    """An environment with the given spaces; it shows one frame and records its actions."""

    metadata = {"render_modes": [], "render_fps": 7}  # noqa: RUF012

    def __init__(self, actions: spaces.Space[Any], shown: NDArray[Any]) -> None:
        self.action_space, self.shown, self.taken = actions, shown, []  # type: ignore[var-annotated]
        self.observation_space = spaces.Box(0, 255, shown.shape, shown.dtype.type)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        return self.shown, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), action
        self.taken.append(action)
        return self.shown, 1.0, False, len(self.taken) >= 5, {}


GREY = np.zeros((20, 30), dtype=np.uint8)


def register(id: str, actions: spaces.Space[Any], shown: NDArray[Any] = GREY) -> dict[str, Any]:
    """Register a `Stage`; return its environment settings."""
    if id not in gymnasium.registry:
        gymnasium.register(id, entry_point=lambda **_: Stage(actions, shown))
    return {"id": id, "frame": "observation"}
