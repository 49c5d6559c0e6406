"""Settings of what only the tables of all studies show."""

from typing import Annotated

from pydantic import Field

from world_models.section import Section


class SeenSettings(Section):
    """What V and M make of the frames that a player meets, and where it goes."""

    episodes: int = Field(20, ge=2)
    """Episodes in the reference environment, of each controller and look, and of the random
    policy."""
    slots: int = Field(10, ge=1)
    """Episodes that are played side by side."""
    changed_looks: bool = False
    """Play as well where the task looks otherwise (`tasks.looks`)."""


class HorizonSettings(Section):
    """Dreams that are fed recorded actions, beside what was recorded."""

    starts: int = Field(200, ge=2)
    """Moments of held-out episodes that dreams go on from."""
    observed_steps: int = Field(50, ge=1)
    """Steps that M is shown before each."""
    horizons: list[Annotated[int, Field(ge=1)]] = Field(
        [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200], min_length=1
    )
    """Steps after the moment, at which the dream is compared."""


class RegionSettings(Section):
    """V's error by what a frame shows."""

    episodes: int = Field(10, ge=1)
    """Episodes of the rollouts' behaviour, played anew."""
    every: int = Field(8, ge=1)
    """One frame of so many is looked at."""
