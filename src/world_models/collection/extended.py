"""Further settings of rollouts: how the task looks in them."""

from typing import Literal

from world_models.collection.settings import RolloutSettings
from world_models.extended import Extended


class ExtendedRolloutSettings(RolloutSettings, Extended):
    """Who acts in recorded episodes, and which are kept (paper, A.1 and A.2)."""

    looks: Literal["usual", "both"] = "usual"
    """How the task looks: as it is, or in every second episode changed, in the way that its
    entry in `tasks.looks` says (other walls in Take Cover, other colours in CarRacing)."""
