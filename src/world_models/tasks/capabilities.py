"""Optional extras of a task, which studies use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world_models.tasks.contract import Environment, LabelledEnvironment, Task


@dataclass(frozen=True)
class Places:
    """The places in a task's reference environment, which show how far players get.

    Attributes:
        title: a caption for the share of places that an episode reaches.
        astray: a caption for the share of its steps that are spent astray.
        count: returns how many places the current episode has.
        visit: adds the numbers of the player's current places to a set; returns whether the player
            is astray.
    """

    title: str
    astray: str
    count: Callable[["Environment"], int]
    visit: Callable[["Environment", set[int]], bool]


@dataclass(frozen=True)
class Look:
    """An alternative look of a task, which plays the same.

    Attributes:
        title: in words, e.g. "other walls".
        change: returns the task in that look.
    """

    title: str
    change: Callable[["Task"], "Task"]


@dataclass(frozen=True)
class Regions:
    """Labels for the regions of a task's frames.

    Attributes:
        source: in words, how the regions are determined.
        make_environment: builds a reference environment that labels them.
    """

    source: str
    make_environment: Callable[[], "LabelledEnvironment"]
