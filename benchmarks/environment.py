"""CarRacing without models: our compiled drawing against Gymnasium's, on one core."""

import itertools
import os

import gymnasium
import numpy as np

from benchmarks.measure import Result, compare
from world_models.tasks.car_racing.actions import brownian
from world_models.tasks.car_racing.vector import VectorCarRacing

STEPS = 1000  # whole episodes, to include track generation and the first second's zoom


def environment(slots: int = 16) -> Result:
    """Compare steps per second of the policy that records rollouts.

    Args:
        slots: number of our games that are drawn in one call; Gymnasium plays one.
    """
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    vector = VectorCarRacing(slots, STEPS)
    theirs = gymnasium.make("CarRacing-v3").unwrapped
    seeds = itertools.count()

    def ours() -> int:
        chosen = [next(seeds) for _ in range(slots)]
        behaviours = [brownian(np.random.default_rng(seed)) for seed in chosen]
        going = list(range(slots))
        vector.start(going, chosen)
        actions, done = np.zeros((slots, 3), dtype=np.float32), 0
        while going:
            for slot in going:
                actions[slot] = behaviours[slot]()
            _, ends = vector.step(going, actions)
            done += len(going)
            going = [slot for slot in going if not ends[slot]]
        return done

    def baseline() -> int:
        seed = next(seeds)
        act = brownian(np.random.default_rng(seed))
        theirs.reset(seed=seed)
        for step in range(STEPS):
            _, _, terminated, *_ = theirs.step(act().astype(np.float64))
            if terminated:
                return step + 1
        return STEPS

    try:
        return compare("environment-car-racing", ours, baseline)
    finally:
        vector.close()
        theirs.close()
