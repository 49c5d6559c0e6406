"""Settings of CarRacing's environment."""

from typing import Literal

from pydantic import Field

from world_models.section import Section


class CarRacingEnvironment(Section):
    """Gymnasium's CarRacing-v3."""

    kind: Literal["car_racing"] = "car_racing"
    """What is played."""
    max_steps: int = Field(1000, ge=1, le=1000)
    """An episode's time limit in steps; 1000 is the environment's own."""
    domain_randomize: bool = False
    """Whether each episode has its own colours for the road, the grass and the field."""
