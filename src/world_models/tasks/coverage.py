"""Where players have been, for tasks that have places."""

from collections.abc import Callable
from dataclasses import dataclass

from world_models.tasks.car_racing import coverage as car_racing
from world_models.tasks.contract import Environment
from world_models.tasks.take_cover import coverage as take_cover


@dataclass(frozen=True)
class Places:
    """The places of a kind of task, in its reference environment.

    Attributes:
        title: the share of places visited, in words. astray: the share of steps astray, in words.
        count: how many there are in the present episode.
        visit: adds the present places' numbers to a set; returns whether the player is astray.
    """

    title: str
    astray: str
    count: Callable[[Environment], int]
    visit: Callable[[Environment, set[int]], bool]


PLACES = {
    kind: Places(module.TITLE, module.ASTRAY, module.places, module.visit)
    for kind, module in (("car_racing", car_racing), ("take_cover", take_cover))
}
"""By kind; a kind without an entry has no places."""
