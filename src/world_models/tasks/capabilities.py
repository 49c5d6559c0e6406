"""What a task may have beside its play, for studies to ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world_models.tasks.contract import Environment, LabelledEnvironment, Task


@dataclass(frozen=True)
class Places:
    """The places of a task, in its reference environment: how far do players come?

    Attributes:
        title: the share of places that an episode reaches, in words.
        astray: the share of its steps astray, in words.
        count: how many there are in the present episode.
        visit: adds the present places' numbers to a set; returns whether the player is astray.
    """

    title: str
    astray: str
    count: Callable[["Environment"], int]
    visit: Callable[["Environment", set[int]], bool]


@dataclass(frozen=True)
class Look:
    """Another look of a task, which is played the same.

    Attributes:
        title: in words, e.g. "other walls".
        change: from the task to the same one in that look.
    """

    title: str
    change: Callable[["Task"], "Task"]


@dataclass(frozen=True)
class Regions:
    """What is where in a task's frames.

    Attributes:
        source: how that is known, in words.
        make_environment: builds a reference environment that says it.
    """

    source: str
    make_environment: Callable[[], "LabelledEnvironment"]
