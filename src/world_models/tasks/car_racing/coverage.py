"""Where a car has been: tiles of its track, and time beside the road."""

from typing import Any

TITLE = "share of the track's tiles"
ASTRAY = "share of steps with no wheel on the road"


def places(environment: Any) -> int:
    """Return how many tiles the track of a reference environment has."""
    return len(environment.env.track)


def visit(environment: Any, seen: set[int]) -> bool:
    """Add the tiles that wheels touch to those seen; return whether no wheel touches any."""
    touched = {tile.idx for wheel in environment.env.car.wheels for tile in wheel.tiles}
    seen |= touched
    return not touched
