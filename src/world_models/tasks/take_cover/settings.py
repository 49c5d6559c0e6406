"""Settings of Take Cover's environment."""

from typing import Literal

from pydantic import Field

from world_models.section import Section


class TakeCoverEnvironment(Section):
    """ViZDoom's take_cover scenario."""

    kind: Literal["take_cover"] = "take_cover"
    """What is played."""
    max_steps: int = Field(2100, ge=1)
    """An episode's time limit in tics; the scenario itself has none."""
    skill: int = Field(4, ge=1, le=5)
    """Doom's difficulty. The paper's scores belong to 4; at 5 they fall to less than half."""
    resolution: Literal["640x480", "320x240", "160x120"] = "640x480"
    """The engine's resolution before the reduction to 64x64; smaller is faster and coarser."""
