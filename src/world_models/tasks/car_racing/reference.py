"""The reference environment: Gymnasium's own CarRacing-v3, with frames reduced to what V sees."""

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.settings import CarRacingEnvironment
from world_models.tasks.contract import End, Environment
from world_models.tasks.frames import reduce_frame

ROWS = 84  # the speed and steering indicators lie below


class ReferenceCarRacing(Environment):
    """Gymnasium's CarRacing-v3; an action is (steering -1..1, gas 0..1, brake 0..1)."""

    def __init__(self, settings: CarRacingEnvironment) -> None:
        import gymnasium

        self.max_steps = settings.max_steps
        self.env = gymnasium.make(
            "CarRacing-v3", domain_randomize=settings.domain_randomize
        ).unwrapped
        self.steps = 0

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Lay the track of `seed`; return the first frame."""
        frame, _ = self.env.reset(seed=seed)
        self.steps = 0
        return reduce_frame(frame, ROWS)

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Drive 1/50 s. The reward is -0.1, plus 1000/N for each new tile of the track's N."""
        frame, reward, terminated, _, _ = self.env.step(action.astype(np.float64))
        self.steps += 1
        end = End.TERMINATED if terminated else End.NONE
        if not terminated and self.steps >= self.max_steps:
            end = End.TRUNCATED
        return reduce_frame(frame, ROWS), float(reward), end

    def close(self) -> None:
        """Free Gymnasium's drawing surfaces."""
        self.env.close()
