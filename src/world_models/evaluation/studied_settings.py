"""Settings of the measurements that only the studies' tables show."""

from typing import Annotated

from pydantic import Field

from world_models.section import Section


class SeenSettings(Section):
    """V's and M's errors on the frames that a player sees, and where the player goes."""

    episodes: int = Field(20, ge=2)
    """Episodes in the reference environment, for each controller and the random policy, in each
    look."""
    slots: int = Field(10, ge=1)
    """Episodes that are played side by side."""
    changed_looks: bool = False
    """Also play the task in its changed look (`tasks.looks`)."""


class HorizonSettings(Section):
    """Dreams that are fed recorded actions, compared with the recorded episodes."""

    starts: int = Field(200, ge=2)
    """Moments of held-out episodes from which dreams start."""
    observed_steps: int = Field(50, ge=1)
    """Steps that M observes before each start."""
    horizons: list[Annotated[int, Field(ge=1)]] = Field(
        [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200], min_length=1
    )
    """Numbers of steps after the start at which the dream is compared."""


class RegionSettings(Section):
    """V's error by region of the frame."""

    episodes: int = Field(10, ge=1)
    """New episodes, played by the rollouts' behaviour."""
    every: int = Field(8, ge=1)
    """Steps from one measured frame to the next."""
