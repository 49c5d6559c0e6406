"""Further settings of C: its reward, where its search starts, what it sees while it dreams."""

from typing import Literal

from pydantic import Field

from world_models.controller.settings import Controllers, ControllerSettings
from world_models.extended import Extended
from world_models.section import Section


class Start(Section):
    """A finished controller that a search starts from."""

    study: str | None = None
    """The study that evolved it; null: the scale itself."""
    controller: str
    """Its name there, e.g. tau_1.15. V and M have to be the ones that it was evolved with."""


class ExtendedControllerSettings(ControllerSettings, Extended):
    """C, the search that finds it, and the episodes that rank candidates (paper, A.4 and A.5)."""

    fitness: Literal["score", "surprise"] = "score"
    """What candidates are ranked by: the task's score, or M's mean loss per step of the real
    environment (section 5 of the paper: M's loss with its sign flipped), for controllers of z_h."""
    start: Start | None = None
    """The controller that the search's mean begins as; null: zero, as in the paper."""
    repeat: int = Field(0, ge=0)
    """Another evolution with the same V and M for each number: its candidates and the episodes that
    rank them are others. So chance in the search is told apart from a difference."""


class ExtendedControllers(Controllers, Extended):
    """Which controllers are evolved, and where. No controller's result depends on the others."""

    sees_in_dream: Literal["z", "z_hidden", "z_h"] = Field("z_h")
    """In the dream, what C sees: z and M's state as in the paper, or z alone."""
