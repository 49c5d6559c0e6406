"""ViZDoom's take_cover, its frames reduced to what V sees."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.tasks.contract import End, Environment, VectorEnvironment
from world_models.tasks.frames import reduce_frame, reduce_frames
from world_models.tasks.take_cover import engine
from world_models.tasks.take_cover.settings import TakeCoverEnvironment

THRESHOLD = 1 / 3
ROWS_SHOWN = 400 / 480  # the status bar's area lies below


class TakeCover(Environment):
    """ViZDoom's take_cover; an action is one number: left below -1/3, right above 1/3."""

    def __init__(self, settings: TakeCoverEnvironment) -> None:
        import vizdoom

        self.max_steps = settings.max_steps
        self.steps = 0
        scenario = Path(vizdoom.scenarios_path) / "take_cover.wad"
        if not scenario.is_file():
            raise WorldModelsError(f"{scenario}: missing; reinstall the vizdoom package")
        game = vizdoom.DoomGame()
        game.set_doom_scenario_path(str(scenario))
        game.set_doom_map("map01")
        game.set_doom_skill(settings.skill)
        # We set the time limit: the engine's would end an episode a tic early and report a death.
        game.set_episode_start_time(1)
        game.set_living_reward(1)
        game.set_available_buttons([vizdoom.Button.MOVE_LEFT, vizdoom.Button.MOVE_RIGHT])
        game.set_mode(vizdoom.Mode.PLAYER)
        game.set_screen_format(vizdoom.ScreenFormat.RGB24)
        game.set_screen_resolution(
            getattr(vizdoom.ScreenResolution, f"RES_{settings.resolution.upper()}")
        )
        game.set_render_hud(False)
        game.set_render_screen_flashes(False)
        game.set_window_visible(False)
        game.set_sound_enabled(False)
        self.game = game
        self.started = False
        self.frame = np.zeros((64, 64, 3), dtype=np.uint8)

    def begin(self, seed: int) -> NDArray[np.uint8]:
        """Start the game that belongs to `seed`; return the part of the screen that V sees."""
        self.game.set_seed(seed)
        if self.started:
            self.game.new_episode()
        else:  # the first episode starts with the engine
            engine.start(self.game)
            self.started = True
        self.steps = 0
        return self._screen()

    def advance(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8] | None, float, End]:
        """Play one tic (1/35 s); return the part of the screen that V sees, the reward and the end.

        The reward is 1. A death ends the episode and leaves no screen: None is returned for it.
        """
        pressed = [float(action[0] < -THRESHOLD), float(action[0] > THRESHOLD)]
        reward = float(self.game.make_action(pressed, 1))
        self.steps += 1
        if self.game.is_episode_finished():
            return None, reward, End.TERMINATED
        end = End.TRUNCATED if self.steps >= self.max_steps else End.NONE
        return self._screen(), reward, end

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Start the game that belongs to `seed`; return the first frame."""
        self.frame = reduce_frame(self.begin(seed))
        return self.frame

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Play one tic; return the frame (after a death, the last one), the reward and the end."""
        screen, reward, end = self.advance(action)
        if screen is not None:
            self.frame = reduce_frame(screen)
        return self.frame, reward, end

    def _screen(self) -> NDArray[np.uint8]:
        screen: NDArray[np.uint8] = self.game.get_state().screen_buffer
        return screen[: round(screen.shape[0] * ROWS_SHOWN)]

    def close(self) -> None:
        """End the engine's process."""
        self.game.close()


class VectorTakeCover(VectorEnvironment):
    """Games side by side, whose screens are reduced in one call.

    Args:
        games: the games, not yet started.
    """

    def __init__(self, games: Sequence[TakeCover]) -> None:
        super().__init__(len(games))
        self.games = games

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Start a game in each of these slots."""
        pairs = zip(slots, seeds, strict=True)
        self._show(slots, [self.games[slot].begin(seed) for slot, seed in pairs])

    def step(
        self, slots: Sequence[int], actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Play one tic in each of these slots."""
        rewards = np.zeros(self.slots)
        ends = np.zeros(self.slots, dtype=np.uint8)
        shown, screens = [], []
        for slot in slots:
            screen, rewards[slot], ends[slot] = self.games[slot].advance(actions[slot])
            if screen is not None:
                shown.append(slot)
                screens.append(screen)
        self._show(shown, screens)
        return rewards, ends

    def _show(self, slots: Sequence[int], screens: list[NDArray[np.uint8]]) -> None:
        if screens:
            self.observations[list(slots)] = reduce_frames(np.stack(screens))

    def close(self) -> None:
        """End all engines."""
        for game in self.games:
            game.close()
