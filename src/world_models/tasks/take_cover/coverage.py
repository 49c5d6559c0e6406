"""Where the player has been between the two side walls, and time at the walls."""

from typing import Any

from world_models.tasks.capabilities import Places

# The map's room reaches from y = 0 to 768; the player, 16 wide to each side, from 16 to 752.
LEAST, MOST = 16.0, 752.0
COUNT = 23  # of 32 units: the player's own width
NEAR = 4.0  # units from a wall that count as at it


def count(environment: Any) -> int:
    """Return how many places there are."""
    return COUNT


def visit(environment: Any, seen: set[int]) -> bool:
    """Add the player's place to those seen; return whether it is at a wall."""
    import vizdoom

    y = environment.game.get_game_variable(vizdoom.GameVariable.POSITION_Y)
    seen.add(min(COUNT - 1, max(0, int((y - LEAST) / (MOST - LEAST) * COUNT))))
    return not LEAST + NEAR < y < MOST - NEAR


PLACES = Places(
    title="the share of places between the walls that are reached",
    astray="the share of steps at a wall",
    count=count,
    visit=visit,
)
