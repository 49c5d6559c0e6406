"""CarRacing-v3 for any library: Gymnasium's game with observations drawn about 30 times as fast.

`gymnasium.make("world_models/CarRacing-v3")` makes one (see `world_models.environments`).
"""

import math
from typing import Any

import numpy as np
from gymnasium.error import InvalidAction
from numpy.typing import NDArray

from world_models.tasks.car_racing.drawing.indicators import TEXT, draw_bars, draw_reward
from world_models.tasks.car_racing.drawing.palette import KERB_RED, KERB_WHITE
from world_models.tasks.car_racing.physics import Physics


class CarRacing(Physics):
    """Gymnasium's CarRacing-v3 with the same arguments, spaces, tracks, rewards and ends.

    Observations equal Gymnasium's except for rounding along edges. Gymnasium itself draws what
    `render` shows.
    """

    def __init__(
        self,
        render_mode: str | None = None,
        verbose: bool = False,
        lap_complete_percent: float = 0.95,
        domain_randomize: bool = False,
        continuous: bool = True,
    ) -> None:
        super().__init__(render_mode, verbose, lap_complete_percent, domain_randomize, continuous)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Lay the track of `seed`; `options["randomize"]` works as in Gymnasium."""
        self.begin(seed, options)
        self.state = self._render("state_pixels")
        if self.render_mode == "human":
            self.render()
        return self.state, {}

    def step(
        self, action: NDArray[np.floating[Any]] | int
    ) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Drive a fiftieth of a second; see Gymnasium for actions and rewards."""
        if self.continuous:
            steering, gas, brake = np.asarray(action, dtype=np.float64).tolist()
        else:
            if not self.action_space.contains(action):
                raise InvalidAction(
                    f"you passed the invalid action `{action}`. "
                    f"The supported action_space is `{self.action_space}`"
                )
            steering = 0.6 * (action == 1) - 0.6 * (action == 2)
            gas, brake = 0.2 * (action == 3), 0.8 * (action == 4)
        reward, terminated, finished = self.drive(steering, gas, brake)
        self.state = self._render("state_pixels")
        if self.render_mode == "human":
            self.render()
        info = {"lap_finished": finished} if terminated else {}
        return self.state, reward, terminated, False, info

    def _render(self, mode: str) -> Any:
        if mode != "state_pixels" or self.car is None:
            return super()._render(mode)
        picture = self.scenes.draw_pictures([self.slot])[0]
        car = self.car
        velocity = car.hull.linearVelocity
        numbers = [
            math.hypot(velocity.x, velocity.y),
            *(wheel.omega for wheel in car.wheels),
            car.wheels[0].joint.angle,
            car.hull.angularVelocity,
        ]
        strip = draw_bars(np.array(numbers, dtype=np.float64))
        strip[:, :TEXT] = draw_reward(f"{self.shown_reward:04.0f}")
        return np.concatenate([picture, strip])

    @property
    def road_poly(self) -> list[tuple[Any, tuple[int, ...]]]:  # type: ignore[override]
        """The road as Gymnasium's own drawing code reads it: corners in metres, and colours."""
        count, slot = self.scenes.counts[self.slot], self.slot
        palette = self.palette()
        palette[KERB_WHITE], palette[KERB_RED] = 255, (255, 0, 0)
        colours = palette[self.scenes.colours[slot, :count]].tolist()
        quads = self.scenes.roads[slot, :count].tolist()
        return [(quad, tuple(colour)) for quad, colour in zip(quads, colours, strict=True)]
