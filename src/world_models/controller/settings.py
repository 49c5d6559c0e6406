"""Settings of C and its search."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from world_models.controller.names import of_temperature
from world_models.section import Section, later

Temperature = Annotated[float, Field(gt=0)]


class Start(Section):
    """A finished controller that a search starts from."""

    study: str | None = None
    """The study that evolved it; null: the scale itself."""
    controller: str
    """Its name there, e.g. tau_1.15. It must have been evolved with the same V and M."""


class LaterEpisodes(Section):
    """More episodes per candidate late in a search, to rank candidates that have become alike."""

    after: int = Field(ge=1)
    """The last generation that plays `controller.episodes`; those that follow play more."""
    episodes: int = Field(ge=1)
    """Episodes per candidate from then on."""


class ControllerSettings(Section):
    """C, the search that finds it, and the episodes that rank candidates (paper, A.4 and A.5)."""

    sees_cell: bool = False
    """C's features are [z, c, h], with the LSTM's cell state, instead of [z, h]."""
    bias: bool = True
    """C's linear map has a bias."""
    search: Literal["cma_es", "openai_es"] = "cma_es"
    """The search: CMA-ES as in the paper, or OpenAI-ES."""
    sigma: float = Field(0.1, gt=0)
    """CMA-ES: the initial step size. OpenAI-ES: the standard deviation of the perturbations. Both
    searches start at zero."""
    learning_rate: float = Field(0.01, gt=0)
    """OpenAI-ES: Adam's step size."""
    weight_decay: float = Field(0.005, ge=0)
    """OpenAI-ES: the parameters, times this, are subtracted from the estimated gradient. The
    authors' 0.005 is meant for an estimate that is not divided by sigma."""
    population: int = Field(64, ge=2)
    """Candidates per generation; an even number for OpenAI-ES."""
    episodes: int = Field(16, ge=1)
    """Episodes per candidate; the mean score is its fitness. All candidates play the same ones."""
    generations: int = Field(1800, ge=1)
    """Generations of the whole evolution, unless a validation reaches `stop_at_score` first."""
    stop_at_score: float | None = Field(None, gt=0)
    """A validation that reaches this score ends the evolution. Near a dream's time limit scores
    hardly differ, so fitness no longer ranks candidates. null: no score ends it."""
    validation_every: int = Field(25, ge=1)
    """Generations between validations of the search's mean; the best becomes the controller."""
    validation_episodes: int = Field(1024, ge=1)
    """Episodes per validation; every validation plays the same ones."""
    candidates_per_unit: int = Field(4, ge=1)
    """Candidates played in one batch. This is the unit of work, the same on any machine."""
    slots: int = Field(64, ge=1)
    """Episodes played side by side within a unit; the rest follow as slots become free."""
    idle_steps: int | None = Field(None, ge=1)
    """For tasks that define idling (CarRacing): a fitness or validation episode is cut after this
    many steps without a reward, and scored as if idling to the time limit. null: no cut."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where dreams run; agents in real environments always run on the CPU. To dream whole
    generations in one process on CUDA: candidates_per_unit = population, slots = population x
    episodes."""
    fitness: Literal["score", "surprise"] = later("score")
    """What candidates are ranked by: the task's score, or, for z_h controllers in the real
    environment, M's mean loss per step (section 5 of the paper: M's loss with its sign flipped)."""
    max_sigma: float | None = later(None, gt=0)
    """CMA-ES: the largest step size. Without a limit it can grow until candidates score far worse
    than their mean does. At least `sigma`; null: no limit. OpenAI-ES doesn't use it."""
    episodes_later: LaterEpisodes | None = later(None)
    """More episodes per candidate in the last part of the search; null: as many throughout. A unit
    of work keeps its number of episodes, so it has fewer candidates."""
    start: Start | None = later(None)
    """The controller that the search's mean starts from; null: zero, as in the paper."""
    repeat: int = later(0, ge=0)
    """Each number gives another evolution with the same V and M, but different candidates and
    episodes. Repeats show which differences are chance in the search."""

    def episodes_in(self, generation: int) -> int:
        """Return how many episodes each candidate of a generation plays; the first is 1."""
        more = self.episodes_later
        return self.episodes if more is None or generation <= more.after else more.episodes

    @field_validator("population")
    @classmethod
    def _even_for_pairs(cls, population: int, info: ValidationInfo) -> int:
        if info.data.get("search") == "openai_es" and population % 2:
            raise ValueError("openai_es perturbs in pairs; give an even number")
        return population

    @model_validator(mode="after")
    def _starts_within_the_limit(self) -> "ControllerSettings":
        if self.max_sigma is not None and self.max_sigma < self.sigma:
            raise ValueError(f"max_sigma {self.max_sigma} is below sigma {self.sigma}")
        return self


class Controllers(Section):
    """Which controllers are evolved, and where. No controller's result depends on the others."""

    evolved_in: Literal["reality", "dream"] = "reality"
    """Where candidates play: the real environment, or M's dream."""
    variants: list[Literal["z", "z_hidden", "z_h"]] = Field(["z", "z_hidden", "z_h"], min_length=1)
    """What C sees in the real environment, one controller for each: z, z through a hidden layer, or
    z and M's state."""
    temperatures: list[Temperature] = Field([0.10, 0.50, 1.00, 1.15, 1.30], min_length=1)
    """Temperatures of the dream, one controller for each."""
    sees_in_dream: Literal["z", "z_hidden", "z_h"] = later("z_h")
    """What C sees in the dream: z and M's state as in the paper, or z alone."""

    @property
    def names(self) -> list[str]:
        """The controllers' names, as in paths: variants, or temperatures in numeric order."""
        if self.evolved_in == "reality":
            return list(self.variants)
        return [of_temperature(each) for each in sorted(self.temperatures)]

    @model_validator(mode="after")
    def _differ(self) -> "Controllers":
        for key in ("variants", "temperatures"):
            values = getattr(self, key)
            if len(set(values)) < len(values):
                raise ValueError(f"{key} lists a value twice; keep one")
        return self
