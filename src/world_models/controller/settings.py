"""Settings of the search for C."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from world_models.section import Section

Temperature = Annotated[float, Field(gt=0)]


class EvolutionSettings(Section):
    """The search for a controller, and the episodes that rank its candidates (paper, A.4, A.5)."""

    search: Literal["cma_es", "openai_es"] = "cma_es"
    """What searches: CMA-ES, as in the paper, or OpenAI-ES (Salimans et al., 2017)."""
    sigma: float = Field(0.1, gt=0)
    """CMA-ES: the first step size. OpenAI-ES: the standard deviation of the perturbations, which
    stays the same. Both start at zero."""
    learning_rate: float = Field(0.01, gt=0)
    """OpenAI-ES: Adam's step size, as in the authors' code. CMA-ES does not use it."""
    weight_decay: float = Field(0.005, ge=0)
    """OpenAI-ES: this times the parameters is subtracted from the estimated gradient. The authors'
    0.005 goes with an estimate that is not divided by sigma. CMA-ES does not use it."""
    population: int = Field(64, ge=2)
    """Candidates in a generation; an even number for OpenAI-ES."""
    episodes: int = Field(16, ge=1)
    """Episodes whose mean score is a candidate's fitness; all candidates play the same ones."""
    generations: int = Field(1800, ge=1)
    """Generations of the whole search, unless a validation reaches `stop_at_score` before."""
    stop_at_score: float | None = Field(None, gt=0)
    """The search ends when a validation reaches this score: near a dream's time limit nearly all
    candidates score the same. null: only `generations` ends it."""
    validation_every: int = Field(25, ge=1)
    """Generations between two validations of the search's mean, which select the controller."""
    validation_episodes: int = Field(1024, ge=1)
    """Episodes of a validation; every validation plays the same ones."""
    candidates_per_unit: int = Field(4, ge=1)
    """Candidates that one worker plays in one batch: the unit of work, the same on any machine."""
    slots: int = Field(64, ge=1)
    """Episodes played side by side within a unit; the next one starts when one has ended."""
    idle_steps: int | None = Field(None, ge=1)
    """CarRacing: a fitness or validation episode ends after so many steps without a new tile, and
    gets the score that it would have if the car went on idling. null: none ends early."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where dreams run; agents in real environments always run on the CPU. On CUDA one process
    dreams whole generations: candidates_per_unit = population, slots = population x episodes."""

    @field_validator("population")
    @classmethod
    def _even_for_pairs(cls, population: int, info: ValidationInfo) -> int:
        if info.data.get("search") == "openai_es" and population % 2:
            raise ValueError("openai_es perturbs in pairs; give an even number")
        return population


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
