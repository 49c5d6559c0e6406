"""Settings of a controller's measurements. Nothing was trained or selected on their seeds."""

from pydantic import Field

from world_models.section import Section


class EvaluationSettings(Section):
    """The scores in the reference environment."""

    episodes: int = Field(100, ge=2)
    """Episodes per controller, and for the random policy; all play the same ones."""
    slots: int = Field(10, ge=1)
    """Episodes that one unit of work plays, side by side."""


class DreamEvaluationSettings(Section):
    """The scores in the dream that a controller was evolved in."""

    episodes: int = Field(100, ge=2)
    """Episodes of each controller."""
    slots: int = Field(10, ge=1)
    """Episodes that one unit of work plays, side by side."""


class TransferSettings(Section):
    """Candidates of an evolution, scored where they evolved and in the reference environment."""

    controllers: int = Field(32, ge=2)
    """Candidates, spread evenly over the generations."""
    episodes: int = Field(16, ge=1)
    """Episodes of each candidate in each of the two places."""
    slots: int = Field(10, ge=1)
    """Episodes that one unit of work plays, side by side."""


class DeathPredictionSettings(Section):
    """M's predictions of death over a controller's own episodes."""

    episodes: int = Field(100, ge=2)
    """Episodes in the reference environment."""
    slots: int = Field(10, ge=1)
    """Episodes that are played side by side."""


class OpenLoopSettings(Section):
    """Open-loop policies, played in the reference environment and in each dream."""

    episodes: int = Field(100, ge=2)
    """Episodes of each policy in the reference environment."""
    dream_episodes: int = Field(100, ge=2)
    """Episodes of each policy in each dream."""
    slots: int = Field(10, ge=1)
    """Episodes that are played side by side."""
