"""Gymnasium's car: the same forces to the last bit, in fewer calls."""

import math

from gymnasium.envs.box2d import car_dynamics
from gymnasium.envs.box2d.car_dynamics import (
    ENGINE_POWER,
    FRICTION_LIMIT,
    SIZE,
    WHEEL_MOMENT_OF_INERTIA,
)

ON_GRASS = FRICTION_LIMIT * 0.6
ON_ROAD = FRICTION_LIMIT * 1.0  # every tile's friction is 1
BRAKE = 15  # radians per second
STIFFNESS = 205000 * SIZE * SIZE


class Car(car_dynamics.Car):
    """A car that computes with plain floats instead of NumPy's, so Box2D takes most of a step.

    Attributes:
        skids: whether skid marks are recorded; the frames used for training don't show them.
    """

    skids = False

    def gas(self, gas: float) -> None:
        """Press the accelerator, 0 to 1; the gas rises by at most 0.1 a step and falls at once."""
        gas = min(max(gas, 0), 1)
        for wheel in self.wheels[2:4]:
            change = gas - wheel.gas
            wheel.gas += min(change, 0.1)

    def step(self, dt: float) -> None:
        """Turn the front wheels and apply the forces of engine, brake and ground to each wheel."""
        power = dt * ENGINE_POWER
        for wheel in self.wheels:
            turn = wheel.steer - wheel.joint.angle
            if turn > 0:
                wheel.joint.motorSpeed = min(50.0 * turn, 3.0)
            elif turn < 0:
                wheel.joint.motorSpeed = -min(50.0 * -turn, 3.0)
            else:
                wheel.joint.motorSpeed = turn + 0.0  # 0.0, never -0.0, as in Gymnasium
            limit = ON_ROAD if wheel.tiles else ON_GRASS

            ahead = wheel.GetWorldVector((0, 1))
            ahead_x, ahead_y = ahead.x, ahead.y
            side_x, side_y = ahead_y, -ahead_x  # equals GetWorldVector((1, 0))
            velocity = wheel.linearVelocity
            x, y = velocity.x, velocity.y
            forward = ahead_x * x + ahead_y * y
            sideways = side_x * x + side_y * y

            omega = wheel.omega
            omega += power * wheel.gas / WHEEL_MOMENT_OF_INERTIA / (abs(omega) + 5.0)
            brake = wheel.brake
            if brake >= 0.9:
                omega = 0
            elif brake > 0:
                change = min(BRAKE * brake, abs(omega))
                omega += -change if omega > 0 else change
            wheel.phase += omega * dt

            along = (-forward + omega * wheel.wheel_rad) * STIFFNESS
            across = -sideways * STIFFNESS
            force = math.sqrt(along * along + across * across)
            if self.skids:
                self.mark(wheel, force > 2.0 * limit, not wheel.tiles)
            if force > limit:
                along /= force
                across /= force
                along *= limit
                across *= limit
            wheel.omega = omega - dt * along * wheel.wheel_rad / WHEEL_MOMENT_OF_INERTIA
            wheel.ApplyForceToCenter(
                (across * side_x + along * ahead_x, across * side_y + along * ahead_y), True
            )

    def mark(self, wheel, slips: bool, grass: bool) -> None:  # type: ignore[no-untyped-def]
        """Begin, extend or end a wheel's skid mark; the latest 30 are kept and shown in films."""
        if not slips:
            wheel.skid_start = wheel.skid_particle = None
        elif (
            wheel.skid_particle
            and wheel.skid_particle.grass == grass
            and len(wheel.skid_particle.poly) < 30
        ):
            wheel.skid_particle.poly.append((wheel.position[0], wheel.position[1]))
        elif wheel.skid_start is None:
            wheel.skid_start = wheel.position
        else:
            wheel.skid_particle = self._create_particle(wheel.skid_start, wheel.position, grass)
            wheel.skid_start = None
