"""CarRacing's actions: how C's outputs become actions, and a policy that draws them at random."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.contract import Behaviour

if TYPE_CHECKING:
    from torch import Tensor

BROWNIAN_STEP = 1 / np.sqrt(50)  # standard deviation per step; adds up to 1 over a second


def squash(raw: "Tensor") -> "Tensor":
    """Map C's outputs to (steering, gas, brake): tanh, gas (x+1)/2, brake clipped to 0..1."""
    action = raw.tanh()
    action[..., 1] = (action[..., 1] + 1) / 2
    action[..., 2] = action[..., 2].clamp(0, 1)
    return action


def brownian(rng: np.random.Generator) -> Behaviour:
    """Return a random walk between -1 and 1 for steering, gas and brake, rescaled as in `squash`.

    A walk keeps its direction long enough to leave the start, and half of the time it does not
    brake. Uniform draws would hardly move the car.
    """
    walk = rng.uniform(-1, 1, size=3)

    def act() -> NDArray[np.float32]:
        walk[:] = np.clip(walk + rng.normal(0, BROWNIAN_STEP, size=3), -1, 1)
        return np.array([walk[0], (walk[1] + 1) / 2, max(walk[2], 0)], dtype=np.float32)

    return act
