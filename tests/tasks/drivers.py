"""Policies that take CarRacing to situations that random play doesn't reach."""

import math
from collections.abc import Callable

import numpy as np
from gymnasium.envs.box2d.car_racing import CarRacing
from numpy.typing import NDArray

from world_models.tasks.car_racing.actions import brownian
from world_models.tasks.contract import Behaviour

Driver = Callable[[CarRacing], NDArray[np.float32]]
"""Observes the game and returns (steering, gas, brake)."""


def turn(target: float, heading: float) -> float:
    """Return the angle to turn left by, -pi to pi."""
    return (target - heading + math.pi) % (2 * math.pi) - math.pi


def blind(behaviour: Behaviour) -> Driver:
    """Drive by a behaviour that ignores the game."""
    return lambda game: behaviour()


def uniform(seed: int) -> Driver:
    """Draw each action independently."""
    rng = np.random.default_rng(seed)
    return lambda game: rng.uniform((-1, 0, 0), (1, 1, 1)).astype(np.float32)


def walking(seed: int) -> Driver:
    """Drive by a random walk of actions, as in recorded rollouts."""
    return blind(brownian(np.random.default_rng(seed)))


def leaving(seed: int) -> Driver:
    """Drive away from the middle, off the field."""

    def drive(game: CarRacing) -> NDArray[np.float32]:
        x, y = game.car.hull.position
        error = turn(math.atan2(-x, y), game.car.hull.angle)
        return np.array([np.clip(-2 * error, -1, 1), 0.1, 0], dtype=np.float32)

    return drive


def swerving(seed: int) -> Driver:
    """Steer from side to side at full speed and brake hard at times, so the car spins and skids."""
    rng, step = np.random.default_rng(seed), 0

    def drive(game: CarRacing) -> NDArray[np.float32]:
        nonlocal step
        step += 1
        brake = 1.0 if step % 40 > 35 else 0.0
        return np.array([np.sign(np.sin(step / 12 + rng.uniform())), 1, brake], dtype=np.float32)

    return drive


def following(seed: int) -> Driver:
    """Follow the middle of the road and finish the lap."""
    nearest = 0

    def drive(game: CarRacing) -> NDArray[np.float32]:
        nonlocal nearest
        track, hull = game.track, game.car.hull
        x, y = hull.position
        ahead = [(nearest + step) % len(track) for step in range(12)]
        nearest = min(ahead, key=lambda i: math.hypot(track[i][2] - x, track[i][3] - y))
        _, _, goal_x, goal_y = track[(nearest + 5) % len(track)]
        target = math.atan2(-(goal_x - x), goal_y - y)  # heading 0 points along y
        error = turn(target, hull.angle)
        headings = [track[(nearest + step) % len(track)][1] for step in (6, 12)]
        sharpness = max(abs(turn(heading, hull.angle)) for heading in headings)
        speed, limit = hull.linearVelocity.length, 65 - 30 * min(sharpness, 1)
        gas, brake = float(speed < limit) * 0.5, 0.2 * float(speed > limit + 10)
        return np.array([np.clip(-2 * error, -1, 1), gas, brake], dtype=np.float32)

    return drive
