"""Where the player has been between the two side walls, and the time spent at them."""

from typing import Any

from world_models.tasks.capabilities import Places

# The map's room spans y = 0 to 768. The player's radius is 16, so its centre spans 16 to 752.
LEAST, MOST = 16.0, 752.0
COUNT = 23  # places, each 32 units wide like the player
NEAR = 4.0  # a player within so many units counts as at the wall


def count(environment: Any) -> int:
    """Return how many places there are."""
    return COUNT


def visit(environment: Any, seen: set[int]) -> bool:
    """Add the player's place to `seen`; return whether the player is at a wall."""
    import vizdoom

    y = environment.game.get_game_variable(vizdoom.GameVariable.POSITION_Y)
    seen.add(min(COUNT - 1, max(0, int((y - LEAST) / (MOST - LEAST) * COUNT))))
    return not LEAST + NEAR < y < MOST - NEAR


PLACES = Places(
    title="the share of places between the walls reached",
    astray="the share of steps at a wall",
    count=count,
    visit=visit,
)
