"""The dream as a Gymnasium environment, for training or testing other agents."""

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.dream.engine import Dream
from world_models.dream.window import Window
from world_models.errors import WorldModelsError
from world_models.tasks.contract import End, Task
from world_models.world_model.contract import WorldModel, check_actions

Space = gymnasium.spaces.Space[NDArray[np.float32]]

Decode = Callable[[Tensor], NDArray[np.uint8]]
"""Maps latents, (n, latent_size), or other features to frames, uint8 (n, 64, 64, 3)."""


def action_space(task: Task) -> Space:
    """Return a task's action space, bounded by what its controllers can do."""
    # The bounds are reached where a controller's raw outputs are infinite.
    one_of_them = torch.eye(task.action_size, dtype=torch.bool)
    none_and_all = torch.tensor([[False], [True]]).expand(2, task.action_size)
    infinite = torch.where(torch.cat([none_and_all, one_of_them]), np.inf, -np.inf)
    actions = task.squash(infinite).numpy()
    return gymnasium.spaces.Box(actions.min(axis=0), actions.max(axis=0), dtype=np.float32)


def observation_space(world_model: WorldModel, sees: Sequence[str]) -> Space:
    """Return the space of the named parts of a world model's state, concatenated.

    Raises:
        WorldModelsError: the state has no such part.
    """
    shape = world_model.features(world_model.initial(1), sees)[0].shape
    return gymnasium.spaces.Box(-np.inf, np.inf, tuple(shape), np.float32)


class DreamEnvironment(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """One dreamed episode at a time.

    Actions are the task's, bounded by what its controllers can do. An episode is terminated by a
    death that the world model predicts, and truncated at the time limit.

    Args:
        world_model: a model with one slot.
        temperature, max_steps: as for `Dream`.
        task: the task that the world model was trained for.
        sees: the parts of the world model's state that are concatenated into an observation,
            float32. The paper's controllers see ("z", "h") in CarRacing, ("z", "c", "h") in Take
            Cover.
        decode: V's decoder, for `render`; None if nothing is rendered.
        render_mode: "rgb_array": `render` returns the decoded latent, uint8 (64, 64, 3). "human":
            a window shows it, at the game's own speed.
        shows: the parts that are concatenated for `decode`: ("z",) for V, ("z", "h") for an RSSM.

    Raises:
        WorldModelsError: as `Dream`; an action size other than the task's; an unknown part; an
            unknown render mode, or one without a decoder.
    """

    metadata: dict[str, Any] = {"render_modes": ["human", "rgb_array"]}  # noqa: RUF012

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
        self.action_space = action_space(task)
        self.observation_space = observation_space(world_model, sees)
        self.window = Window(task.title, task.steps_per_second)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; the same seed gives the same one."""
        super().reset(seed=seed)
        self.dream.start([0], [int(self.np_random.integers(2**31))])
        self._show()
        return self._observation(), {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Dream one step; return observation, reward, terminated, truncated and an empty dict."""
        rewards, ends = self.dream.step([0], np.asarray(action, dtype=np.float32)[None])
        terminated, truncated = bool(ends[0] == End.TERMINATED), bool(ends[0] == End.TRUNCATED)
        self._show()
        return self._observation(), float(rewards[0]), terminated, truncated, {}

    def render(self) -> Any:
        """Return the current latent, decoded; None in "human" mode, where each step shows it."""
        return self._frame() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Close the window."""
        self.window.close()

    def _observation(self) -> NDArray[np.float32]:
        features = self.dream.world_model.features(self.dream.observations, self.sees)
        observation: NDArray[np.float32] = features[0].cpu().numpy().copy()
        return observation

    def _frame(self) -> NDArray[np.uint8]:
        assert self.decode is not None
        features = self.dream.world_model.features(self.dream.observations, self.shows)
        return self.decode(features[:1])[0]

    def _show(self) -> None:
        if self.render_mode == "human":
            self.window.show(self._frame())


def check_rendering(mode: str | None, modes: Sequence[str], decode: Decode | None) -> None:
    """Reject an unknown render mode, or one without a decoder.

    Raises:
        WorldModelsError: the mode is unknown, or `decode` is missing.
    """
    if mode is not None and mode not in modes:
        raise WorldModelsError(f"render_mode {mode}: unknown; choose from {', '.join(modes)}")
    if mode is not None and decode is None:
        raise WorldModelsError(f"render_mode {mode}: needs V's decoder; give decode=")
