"""Gymnasium's CarRacing without the drawing: the same tracks, rewards and ends to the last bit."""

from typing import Any

import Box2D
import gymnasium
import numpy as np
from gymnasium.envs.box2d import car_racing
from gymnasium.envs.box2d.car_racing import FPS, PLAYFIELD
from numpy.typing import NDArray

from world_models.tasks.car_racing.car import Car
from world_models.tasks.car_racing.drawing.palette import ROAD, make_palette, reduced
from world_models.tasks.car_racing.drawing.slots import Scenes
from world_models.tasks.car_racing.track import (
    LONGEST,
    START_ANGLE,
    close_loop,
    draw_checkpoints,
    lay,
    trace,
)

VELOCITY_ITERATIONS, POSITION_ITERATIONS = 6 * 30, 2 * 30


class TileContacts(car_racing.FrictionDetector):  # type: ignore[misc]
    """Gymnasium's rules for touching tiles, with the tiles' colours written into the scene."""

    def __init__(self, env: "Physics", lap_complete_percent: float) -> None:
        super().__init__(env, lap_complete_percent)
        self.colours = env.scenes.colours[env.slot]
        self.quads = env.tile_quads

    def _contact(self, contact: Any, begin: bool) -> None:
        tile, other = contact.fixtureA.body.userData, contact.fixtureB.body.userData
        if tile is None or "road_friction" not in tile.__dict__:
            tile, other = other, tile
            if tile is None or "road_friction" not in tile.__dict__:
                return
        self.colours[self.quads[tile.idx]] = ROAD  # a touch by the hull changes only this
        if other is None or "tiles" not in other.__dict__:
            return
        if not begin:
            other.tiles.remove(tile)
            return
        other.tiles.add(tile)
        if not tile.road_visited:
            tile.road_visited = True
            env = self.env
            env.reward += 1000.0 / len(env.track)
            env.tile_visited_count += 1
            share = env.tile_visited_count / len(env.track)
            if tile.idx == 0 and share > self.lap_complete_percent:
                env.new_lap = True


class Physics(car_racing.CarRacing):  # type: ignore[misc]
    """An episode's physics, which writes what is to be drawn into a slot of `scenes`.

    The arguments are Gymnasium's, followed by `scenes` and the slot to write to.
    """

    car: Any  # optional in Gymnasium's types: None until the first reset
    road: Any

    def __init__(
        self,
        render_mode: str | None = None,
        verbose: bool = False,
        lap_complete_percent: float = 0.95,
        domain_randomize: bool = False,
        continuous: bool = True,
        scenes: Scenes | None = None,
        slot: int = 0,
    ) -> None:
        self.scenes = Scenes(1) if scenes is None else scenes
        self.slot = slot
        self.tile_quads = np.zeros(LONGEST, dtype=np.int64)  # the quad of each tile
        super().__init__(render_mode, verbose, lap_complete_percent, domain_randomize, continuous)
        self.fd_tile.isSensor = True
        self.tile_definition = Box2D.b2BodyDef(type=Box2D.b2_staticBody, fixtures=self.fd_tile)

    def begin(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Lay a track and place the car on it, as Gymnasium's `reset` does."""
        gymnasium.Env.reset(self, seed=seed)
        self._destroy()
        # A new world, so that an episode doesn't depend on earlier ones.
        self.contactListener_keepref = TileContacts(self, self.lap_complete_percent)
        self.world = Box2D.b2World((0, 0), contactListener=self.contactListener_keepref)
        self.reward = 0.0
        self.prev_reward = 0.0
        self.shown_reward = 0.0
        self.tile_visited_count = 0
        self.t = 0.0
        self.new_lap = False
        if self.domain_randomize:
            self._reinit_colors((options or {}).get("randomize", True))
        self.scenes.palettes[self.slot] = reduced(self.palette())
        while not self._create_track():
            if self.verbose:
                print("This track does not close; laying another one.")
        self.car = Car(self.world, *self.track[0][1:4])
        self.car.skids = self.render_mode is not None
        self.advance()

    def palette(self) -> NDArray[np.uint8]:
        """Return the colours that Gymnasium paints with, (COLOURS, 3)."""
        return make_palette(self.bg_color, self.grass_color, self.road_color)

    def _create_track(self) -> bool:
        """Try to lay a track; return whether it closed."""
        self.road = []
        self.start_alpha = START_ANGLE
        track = close_loop(trace(draw_checkpoints(self.np_random)))
        if track is None:
            return False
        quads = self.scenes.roads[self.slot]
        count = lay(track, quads, self.scenes.colours[self.slot], self.tile_quads)
        self.scenes.counts[self.slot] = count
        shape, world, definition = self.fd_tile.shape, self.world, self.tile_definition
        for number, corners in enumerate(quads[self.tile_quads[: len(track)]].tolist()):
            shape.vertices = corners
            tile = world.CreateBody(definition)
            tile.userData = tile
            tile.road_visited = False
            tile.road_friction = 1.0
            tile.idx = number
            self.road.append(tile)
        self.track = [tuple(row) for row in track.tolist()]
        return True

    def advance(self) -> tuple[float, float]:
        """Advance the physics by 1/50 s; return the hull's position in metres."""
        car = self.car
        car.step(1.0 / FPS)
        self.world.Step(1.0 / FPS, VELOCITY_ITERATIONS, POSITION_ITERATIONS)
        self.t += 1.0 / FPS
        self.shown_reward = self.reward  # Gymnasium draws before subtracting the step's 0.1
        place = car.hull.position
        x, y = place.x, place.y
        a, b, c, d = car.wheels
        self.scenes.cars[self.slot] = (
            x, y, car.hull.angle, self.t, a.angle, b.angle, c.angle, d.angle,
            a.phase, b.phase, c.phase, d.phase,
        )  # fmt: skip
        return x, y

    def drive(self, steering: float, gas: float, brake: float) -> tuple[float, bool, bool]:
        """Take a step.

        Args:
            steering: -1 (left) to 1 (right).
            gas, brake: 0 to 1.

        Returns:
            the reward; whether the game ended the episode; whether the lap is finished.
        """
        car = self.car
        car.steer(-steering)
        car.gas(gas)
        car.brake(brake)
        x, y = self.advance()
        self.reward -= 0.1
        reward = self.reward - self.prev_reward
        self.prev_reward = self.reward
        finished = self.tile_visited_count == len(self.track) or self.new_lap
        if abs(x) > PLAYFIELD or abs(y) > PLAYFIELD:
            return -100, True, False
        return reward, finished, finished
