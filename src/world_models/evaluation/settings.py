"""Settings of the evaluations, a class for each stage.

Nothing was trained or selected on the episodes of an evaluation.
"""

from pydantic import Field

from world_models.section import Section


class EvaluationSettings(Section):
    """A controller's scores in the reference environment, and the random policy's."""

    episodes: int = Field(100, ge=2)
    """Episodes of each controller."""
    slots: int = Field(10, ge=1)
    """Episodes that one unit of work plays, side by side."""


class DreamEvaluationSettings(Section):
    """Scores, in the dream, of a controller that was evolved there."""

    episodes: int = Field(100, ge=2)
    """Dreamed episodes of each controller."""
    slots: int = Field(10, ge=1)
    """Episodes that one unit of work plays, side by side."""


class TransferSettings(Section):
    """Candidates of an evolution, scored both where they evolved and in reality."""

    controllers: int = Field(32, ge=2)
    """How many candidates, spread evenly over the evolution."""
    episodes: int = Field(16, ge=1)
    """Episodes of each of them in either place."""
    slots: int = Field(10, ge=1)
    """Episodes that one unit of work plays, side by side."""


class DeathPredictionSettings(Section):
    """How well M predicts the deaths that a controller dies in the reference environment."""

    episodes: int = Field(100, ge=1)
    """Episodes of each controller."""
    slots: int = Field(10, ge=1)
    """Episodes that are played side by side."""


class OpenLoopSettings(Section):
    """Policies that see nothing, played in the reference environment and in dreams."""

    episodes: int = Field(100, ge=1)
    """Episodes of each policy in the reference environment."""
    dream_episodes: int = Field(100, ge=1)
    """Episodes of each policy in each dream."""
    slots: int = Field(10, ge=1)
    """Episodes that are played side by side."""
