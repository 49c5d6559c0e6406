"""EnvPool's CarRacing-v3, a vector of episodes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.environment import ROWS
from world_models.tasks.car_racing.settings import CarRacingEnvironment
from world_models.tasks.contract import End, VectorEnvironment
from world_models.tasks.frames import reduce_frames


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
        self.observations[list(slots)] = reduce_frames(frames, ROWS)
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
            self.observations[group] = reduce_frames(frames, ROWS)
            rewards[group] = reward
            ends[group] = np.where(
                terminated, End.TERMINATED, np.where(truncated, End.TRUNCATED, End.NONE)
            )
        return rewards, ends

    def close(self) -> None:
        """Let go of the pools; each ends its thread."""
        self.pools.clear()
