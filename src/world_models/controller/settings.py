"""Settings of C's evolution."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from world_models.section import Section

Temperature = Annotated[float, Field(gt=0)]


class EvolutionSettings(Section):
    """CMA-ES and the episodes that rank its candidates (paper, A.4 and A.5)."""

    population: int = Field(64, ge=2)
    """Candidates in a generation."""
    episodes: int = Field(16, ge=1)
    """Episodes whose mean score is a candidate's fitness; all candidates play the same ones."""
    generations: int = Field(1800, ge=1)
    """Generations of the whole evolution, unless a validation reaches `stop_at_score` before."""
    stop_at_score: float | None = Field(None, gt=0)
    """A validation that reaches this ends the evolution: near a dream's cap, fitness ranks hardly
    anything any more. null: no score does."""
    sigma: float = Field(0.1, gt=0)
    """CMA-ES's first step size; the search starts at zero."""
    validation_every: int = Field(25, ge=1)
    """Generations between two validations of the search's mean, which select the controller."""
    validation_episodes: int = Field(1024, ge=1)
    """Episodes of a validation; every validation plays the same ones."""
    candidates_per_unit: int = Field(4, ge=1)
    """Candidates that are played in one batch: the unit of work, the same on any machine."""
    slots: int = Field(64, ge=1)
    """Episodes that are played side by side within a unit; further ones follow as slots free."""
    sees_cell: bool = False
    """C's features are [z, c, h] instead of [z, h], as in the paper's Take Cover."""
    bias: bool = True
    """C's linear map has a bias; the paper's Take Cover has none."""
    idle_steps: int | None = Field(None, ge=1)
    """CarRacing: a fitness or validation episode is cut after so many steps without a new tile,
    with the score that idling on would bring; null plays all to their end."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where dreams run; agents in real environments always run on the CPU. On CUDA one process
    dreams whole generations: candidates_per_unit = population, slots = population x episodes."""


class CarRacingControllers(EvolutionSettings):
    """Table 1's controllers, evolved in the real environment."""

    variants: list[Literal["z", "z_hidden", "z_h"]] = Field(["z", "z_hidden", "z_h"], min_length=1)
    """What C sees: z, z through a hidden layer, or z and M's h."""


class TakeCoverControllers(EvolutionSettings):
    """Table 2's controllers, evolved in the dream at one temperature each."""

    temperatures: list[Temperature] = Field([0.10, 0.50, 1.00, 1.15, 1.30], min_length=1)
    """Temperatures of the dreams, one controller each; written with two decimals in file names."""

    @model_validator(mode="after")
    def _names_differ(self) -> "TakeCoverControllers":
        names = [f"{temperature:.2f}" for temperature in self.temperatures]
        if len(set(names)) < len(names):
            raise ValueError("two temperatures agree in their first two decimals; keep one")
        return self
