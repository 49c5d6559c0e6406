"""CarRacing: steer, accelerate and brake around a random track (paper, section 3)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from world_models.section import Section
from world_models.tasks.base import (
    Behaviour,
    End,
    Environment,
    Separate,
    Task,
    VectorEnvironment,
    reduce_frame,
    reduce_frames,
    uniform,
)
from world_models.tasks.settings import CarRacingEnvironment

if TYPE_CHECKING:
    from torch import Tensor

ROWS = 84  # below lie the speed and steering indicators
BROWNIAN_STEP = 1 / np.sqrt(50)  # the standard deviation of a walk's step: 1 over a second's frames


class CarRacing(Environment):
    """Gymnasium's CarRacing-v3; an action is (steering -1..1, gas 0..1, brake 0..1)."""

    def __init__(self, settings: CarRacingEnvironment) -> None:
        import gymnasium

        self.max_steps = settings.max_steps
        self.env = gymnasium.make("CarRacing-v3").unwrapped
        self.steps = 0

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Lay the track of `seed`; return the first frame."""
        frame, _ = self.env.reset(seed=seed)
        self.steps = 0
        return reduce_frame(frame, ROWS)

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Drive one fiftieth of a second. The reward is -0.1, and 1000/N for each new tile of N."""
        frame, reward, terminated, _, _ = self.env.step(action.astype(np.float64))
        self.steps += 1
        end = End.DEATH if terminated else End.NONE
        if not terminated and self.steps >= self.max_steps:
            end = End.TIME_LIMIT
        return reduce_frame(frame, ROWS), float(reward), end

    def close(self) -> None:
        """Free the drawing surfaces."""
        self.env.close()


class EnvPoolCarRacing(VectorEnvironment):
    """EnvPool's CarRacing-v3: the same game, some eight times as fast, drawn without antialiasing.

    An environment's seed is fixed when its pool is made, so each call of `start` makes a pool for
    its slots, which lives until the last of its episodes has ended. A seed's track is not
    Gymnasium's for that seed.
    """

    def __init__(self, settings: CarRacingEnvironment, slots: int) -> None:
        super().__init__(slots)
        self.max_steps = settings.max_steps
        self.pools: dict[int, tuple[Any, int]] = {}  # slot to its pool, and its number therein

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Make a pool that plays these seeds' tracks."""
        import envpool

        pool = envpool.make(
            "CarRacing-v3",
            env_type="gymnasium",
            num_envs=len(seeds),
            num_threads=1,
            env_seed=list(seeds),
            max_episode_steps=self.max_steps,
        )
        frames, _ = pool.reset()
        self.frames[list(slots)] = reduce_frames(frames, ROWS)
        self.pools.update({slot: (pool, number) for number, slot in enumerate(slots)})

    def step(
        self, slots: Sequence[int], actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Step all pools that have episodes going on in these slots."""
        rewards = np.zeros(self.slots)
        ends = np.zeros(self.slots, dtype=np.uint8)
        together: dict[int, list[int]] = {}
        for slot in slots:
            together.setdefault(id(self.pools[slot][0]), []).append(slot)
        for group in together.values():
            pool = self.pools[group[0]][0]
            numbers = np.array([self.pools[slot][1] for slot in group], dtype=np.int32)
            frames, reward, terminated, truncated, _ = pool.step(actions[group], env_id=numbers)
            self.frames[group] = reduce_frames(frames, ROWS)
            rewards[group] = reward
            ends[group] = np.where(
                terminated, End.DEATH, np.where(truncated, End.TIME_LIMIT, End.NONE)
            )
        return rewards, ends

    def close(self) -> None:
        """Let go of the pools; each ends its thread."""
        self.pools.clear()


def squash(raw: "Tensor") -> "Tensor":
    """C's outputs to (steering, gas, brake): tanh, then gas (x+1)/2, brake clipped to 0..1."""
    action = raw.tanh()
    action[..., 1] = (action[..., 1] + 1) / 2
    action[..., 2] = action[..., 2].clamp(0, 1)
    return action


def brownian(rng: np.random.Generator) -> Behaviour:
    """Return a random walk between -1 and 1 in what `squash` bounds: steering, gas and brake.

    A walk holds a direction long enough to leave the start, and half of the time it does not
    brake; uniform draws would hardly move the car.
    """
    walk = rng.uniform(-1, 1, size=3)

    def act() -> NDArray[np.float32]:
        walk[:] = np.clip(walk + rng.normal(0, BROWNIAN_STEP, size=3), -1, 1)
        return np.array([walk[0], (walk[1] + 1) / 2, max(walk[2], 0)], dtype=np.float32)

    return act


def _make(settings: Section) -> Environment:
    assert isinstance(settings, CarRacingEnvironment)
    return CarRacing(settings)


def _make_training(settings: Section, slots: int) -> VectorEnvironment:
    assert isinstance(settings, CarRacingEnvironment)
    if settings.engine == "envpool":
        return EnvPoolCarRacing(settings, slots)
    return Separate([CarRacing(settings) for _ in range(slots)])


TASK = Task(
    name="car_racing",
    action_size=3,
    predicts_death=False,
    predicts_reward=True,
    sees_restart=False,
    controller_sees_cell=False,
    controller_bias=True,
    environment_settings=CarRacingEnvironment,
    make_environment=_make,
    make_training=_make_training,
    squash=squash,
    behaviours={"brownian": brownian, "uniform": uniform((-1, 0, 0), (1, 1, 1))},
    random_policy="uniform",
    idle_reward=-0.1,
)
