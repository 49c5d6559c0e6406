"""Settings of the final scores."""

from pydantic import Field

from world_models.section import Section


class EvaluationSettings(Section):
    """Episodes behind a number of the tables; nothing was trained or selected on their seeds."""

    episodes: int = Field(100, ge=2)
    """Episodes in the reference environment."""
    dream_episodes: int = Field(100, ge=2)
    """Episodes in the dream, for controllers that were evolved there."""
    transfer_controllers: int = Field(32, ge=2)
    """Candidates of an evolution that are scored both where they evolved and in reality."""
    transfer_episodes: int = Field(16, ge=1)
    """Episodes of each of them in either place."""
    slots: int = Field(10, ge=1)
    """Episodes that one unit of work plays, side by side."""
