"""Settings of the environments themselves."""

from typing import Literal

from pydantic import Field

from world_models.section import Section


class CarRacingEnvironment(Section):
    """Gymnasium's CarRacing-v3."""

    max_steps: int = Field(1000, ge=1, le=1000)
    """An episode's time limit in steps; 1000 is the environment's own."""
    engine: Literal["envpool", "gymnasium"] = "envpool"
    """Who plays recorded and fitness episodes. Scores in tables are always Gymnasium's."""


class TakeCoverEnvironment(Section):
    """ViZDoom's take_cover scenario."""

    max_steps: int = Field(2100, ge=1)
    """An episode's time limit in tics; the scenario has none of its own."""
    skill: int = Field(4, ge=1, le=5)
    """Doom's difficulty. The paper's numbers belong to 4; 5 more than halves them."""
    resolution: Literal["640x480", "320x240", "160x120"] = "640x480"
    """What the engine draws before the reduction to 64x64; smaller is faster and coarser."""
