"""Where a car has been: tiles of its track, and time beside the road."""

from typing import Any

from world_models.tasks.capabilities import Places


def count(environment: Any) -> int:
    """Return how many tiles the track of a reference environment has."""
    return len(environment.env.track)


def visit(environment: Any, seen: set[int]) -> bool:
    """Add the tiles that wheels touch to those seen; return whether no wheel touches any."""
    touched = {tile.idx for wheel in environment.env.car.wheels for tile in wheel.tiles}
    seen |= touched
    return not touched


PLACES = Places(
    title="the share of the track's tiles that are reached",
    astray="the share of steps with no wheel on the road",
    count=count,
    visit=visit,
)
