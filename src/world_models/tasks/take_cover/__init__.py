"""Take Cover: step left and right before fireballs, stay alive (paper, section 4)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.section import Section
from world_models.tasks.contract import (
    Behaviour,
    End,
    Environment,
    SyncVectorEnvironment,
    Task,
    VectorEnvironment,
    reduce_frame,
    uniform,
)
from world_models.tasks.settings import TakeCoverEnvironment
from world_models.tasks.take_cover import engine

THRESHOLD = 1 / 3
ROWS_SHOWN = 400 / 480  # below lies the status bar's place


class TakeCover(Environment):
    """ViZDoom's take_cover; an action is one number: left below -1/3, right above 1/3."""

    def __init__(self, settings: TakeCoverEnvironment) -> None:
        import vizdoom

        self.max_steps = settings.max_steps
        self.steps = 0
        scenario = Path(vizdoom.scenarios_path) / "take_cover.wad"
        if not scenario.is_file():
            raise WorldModelsError(f"{scenario}: missing; install the vizdoom package anew")
        game = vizdoom.DoomGame()
        game.set_doom_scenario_path(str(scenario))
        game.set_doom_map("map01")
        game.set_doom_skill(settings.skill)
        # The time limit is ours: the engine's would end an episode a tic early and call it dead.
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

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Start the game that belongs to `seed`; return the first frame."""
        self.game.set_seed(seed)
        if self.started:
            self.game.new_episode()
        else:  # the first episode starts with the engine
            engine.start(self.game)
            self.started = True
        self.steps = 0
        return self._look()

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Play one tic (1/35 s). The reward is 1; a death ends the episode."""
        pressed = [float(action[0] < -THRESHOLD), float(action[0] > THRESHOLD)]
        reward = self.game.make_action(pressed, 1)
        self.steps += 1
        if self.game.is_episode_finished():
            return self.frame, float(reward), End.TERMINATED
        end = End.TRUNCATED if self.steps >= self.max_steps else End.NONE
        return self._look(), float(reward), end

    def _look(self) -> NDArray[np.uint8]:
        screen = self.game.get_state().screen_buffer
        self.frame = reduce_frame(screen, round(screen.shape[0] * ROWS_SHOWN))
        return self.frame

    def close(self) -> None:
        """End the engine's process."""
        self.game.close()


def held(rng: np.random.Generator) -> Behaviour:
    """Return a policy that draws a number from -1..1 and holds it for 1 to 10 tics.

    doomrnn/extract.py of the original.
    """
    return _holding(rng, 10)


def roaming(rng: np.random.Generator) -> Behaviour:
    """Return a policy as `held`, but each episode's longest hold is drawn from 10 to 100 tics.

    It runs farther, and stays longer where it is. Not the paper's: an M that had learnt from `held`
    dreamt that a wall protects (docs/results.md).
    """
    return _holding(rng, round(10 ** rng.uniform(1, 2)))


def _holding(rng: np.random.Generator, longest: int) -> Behaviour:
    value, left = 0.0, 0

    def act() -> NDArray[np.float32]:
        nonlocal value, left
        if left == 0:
            value, left = rng.uniform(-1, 1), int(rng.integers(1, longest + 1))
        left -= 1
        return np.array([value], dtype=np.float32)

    return act


# The game kills whoever stays, in the middle or at a wall.
OPEN_LOOP: dict[str, Callable[[int], Sequence[float]]] = {
    "still": lambda t: (0.0,),
    "left": lambda t: (-1.0,),
    "right": lambda t: (1.0,),
    "swing_20": lambda t: (1.0 if t // 20 % 2 else -1.0,),
    "swing_60": lambda t: (1.0 if t // 60 % 2 else -1.0,),
}


def _make(settings: Section) -> Environment:
    assert isinstance(settings, TakeCoverEnvironment)
    return TakeCover(settings)


def _make_training(settings: Section, slots: int) -> VectorEnvironment:
    return SyncVectorEnvironment([_make(settings) for _ in range(slots)])


TASK = Task(
    name="take_cover",
    action_size=1,
    environment_settings=TakeCoverEnvironment,
    make_environment=_make,
    make_training=_make_training,
    squash=lambda raw: raw.tanh(),
    behaviours={"held": held, "roaming": roaming, "uniform": uniform((-1,), (1,))},
    random_policy="uniform",
    open_loop=OPEN_LOOP,
    open_loop_labels={
        "still": "standing still",
        "left": "always left",
        "right": "always right",
        "swing_20": "20 steps left, 20 right",
        "swing_60": "60 steps left, 60 right",
    },
)
