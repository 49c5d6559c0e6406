"""Where a car has been: the tiles it reached, and the time it spent off the road."""

from typing import Any

from world_models.tasks.capabilities import Places


def count(environment: Any) -> int:
    """Return how many tiles a reference environment's track has."""
    return len(environment.env.track)


def visit(environment: Any, seen: set[int]) -> bool:
    """Add the tiles that the wheels touch to `seen`; return whether no wheel touches a tile."""
    touched = {tile.idx for wheel in environment.env.car.wheels for tile in wheel.tiles}
    seen |= touched
    return not touched


PLACES = Places(
    title="the share of the track's tiles reached",
    astray="the share of steps with no wheel on the road",
    count=count,
    visit=visit,
)
