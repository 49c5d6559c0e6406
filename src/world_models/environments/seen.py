"""The real game with a dream's spaces: a world model turns its frames into observations."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray

from world_models.dream.environment import action_space, observation_space
from world_models.errors import WorldModelsError
from world_models.play.noise import EpisodeNoise
from world_models.tasks.contract import End, Task
from world_models.world_model.contract import WorldModel, check_actions


class SeenEnvironment(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """A task's reference environment, seen through a world model.

    Actions and observations are those of `DreamEnvironment`, so an agent from the dream can play
    here unchanged. Scores in this project's tables come from the same reference environment.

    Args:
        world_model: made for one slot; it observes frames, so it has a V.
        task: the task that it was trained for.
        sees: the parts of its state that make up an observation.
        render_mode: None, or "rgb_array": `render` returns the frame that V saw, uint8 (64, 64, 3).

    Raises:
        WorldModelsError: its action size is not the task's, or a part or render mode is unknown.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"]}  # noqa: RUF012

    def __init__(
        self,
        world_model: WorldModel,
        task: Task,
        sees: Sequence[str] = ("z", "h"),
        render_mode: str | None = None,
    ) -> None:
        check_actions(world_model, task)
        if render_mode not in (None, "rgb_array"):
            raise WorldModelsError(f"render_mode {render_mode}: unknown; choose rgb_array")
        self.metadata = {**self.metadata, "render_fps": task.steps_per_second}
        self.world_model, self.sees, self.render_mode = world_model, sees, render_mode
        self.action_space = action_space(task)
        self.observation_space = observation_space(world_model, sees)
        self.game = task.make_environment()
        self.noise = EpisodeNoise(1, world_model.observe_noise)
        self.state = world_model.initial(1)
        self.frame: NDArray[np.uint8] | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; the same seed gives the same episode.

        Args:
            seed: as in Gymnasium. options: {"episode_seed": n} plays the episode with that seed in
                an evaluation's CSV.
        """
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(2**31))
        episode_seed = int((options or {}).get("episode_seed", drawn))
        self.noise.start([0], [episode_seed])
        self.state = self.world_model.initial(1)
        self.frame = self.game.reset(episode_seed)
        return self._observe(), {}

    def step(
        self, action: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Play one step; return observation, reward, terminated, truncated and an empty dict."""
        chosen = np.asarray(action, dtype=np.float32)
        with torch.inference_mode():
            self.state = self.world_model.advance(self.state, torch.from_numpy(chosen)[None])
        self.frame, reward, end = self.game.step(chosen)
        terminated, truncated = end == End.TERMINATED, end == End.TRUNCATED
        return self._observe(), float(reward), terminated, truncated, {}

    def render(self) -> Any:
        """Return the current frame."""
        return None if self.frame is None or self.render_mode is None else self.frame.copy()

    def close(self) -> None:
        """Close the game and end its process, if it has one."""
        self.game.close()

    @torch.inference_mode()
    def _observe(self) -> NDArray[np.float32]:
        assert self.frame is not None
        noise = torch.from_numpy(self.noise.next([0]))
        self.state = self.world_model.observe(self.state, self.frame[None], noise)
        seen: NDArray[np.float32] = self.world_model.features(self.state, self.sees)[0].numpy()
        return seen.copy()
