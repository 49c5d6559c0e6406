"""The evolution of one controller: a search, its generations, and the log that it resumes from.

Nothing of the search's state is stored. Its random numbers come from a seed, so asking and telling
again with the logged fitness restores the state to the last bit. Each line of the log keeps the
search's `check` of that moment, so that a replay that differs is noticed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from world_models.controller.fitness_log import FitnessLog, Generation
from world_models.controller.search import make_search
from world_models.controller.settings import ControllerSettings
from world_models.errors import WorldModelsError
from world_models.seeds import Purpose, derive
from world_models.stage.log import LOG

Fitness = Callable[[int, NDArray[np.float32]], list[float]]
"""From a generation's number and its candidates, (population, parameters), to their scores."""
Validation = Callable[[NDArray[np.float32]], float]
"""From one controller, (parameters,), to its mean score on the validation episodes."""


def search_seed(run_seed: int, task: str, variant: str, temperature: float | None) -> int:
    """Return the seed of one controller's search. Each controller has another one.

    Episodes have other seeds, which all controllers of a task share.
    """
    return derive(run_seed, Purpose.SEARCH, task, variant, str(temperature))


def repeat_seed(run_seed: int, repeat: int) -> int:
    """Return the seed that a repeat's search and fitness derive from; of none, the run's own."""
    return run_seed if not repeat else derive(run_seed, Purpose.SEARCH, "repeat", repeat)


@dataclass
class Evolution:
    """A search in progress, and the best controller so far.

    Attributes:
        history: the generations so far.
        best: the mean with the highest validation score, (parameters,); None before the first.
        best_score, best_generation: that score, and the generation it belongs to.
    """

    parameters: int
    settings: ControllerSettings
    seed: int
    history: list[Generation] = field(default_factory=list)
    best: NDArray[np.float32] | None = None
    best_score: float = -math.inf
    best_generation: int = 0

    def __post_init__(self) -> None:
        self.search = make_search(self.settings, self.parameters, self.seed)

    def ask(self) -> NDArray[np.float32]:
        """Return the next generation's candidates, (population, parameters)."""
        return self.search.ask()

    def tell(self, fitness: list[float]) -> Generation:
        """Learn from the candidates' scores.

        Raises:
            WorldModelsError: a score is not finite.
        """
        number = len(self.history) + 1
        for candidate, value in enumerate(fitness):
            if not math.isfinite(value):
                raise WorldModelsError(
                    f"generation {number}: candidate {candidate} scored {value}; "
                    "look for values that are not finite in V's or M's checkpoint"
                )
        self.search.tell(fitness)
        generation = Generation(number, fitness, self.search.check)
        self.history.append(generation)
        return generation

    def mean(self) -> NDArray[np.float32]:
        """Return the mean of the search's distribution, (parameters,): what is validated."""
        return self.search.mean()

    def finished(self) -> bool:
        """Return whether all generations are done or a validation has reached `stop_at_score`."""
        enough = self.settings.stop_at_score
        if enough is not None and self.best_score >= enough:
            return True
        return len(self.history) >= self.settings.generations

    def validates(self, number: int) -> bool:
        """Return whether generation `number` ends with a validation; the last one always does."""
        return number % self.settings.validation_every == 0 or number == self.settings.generations

    def keep(self, score: float, number: int) -> None:
        """Note the mean's validation score; keep the mean if it is the best so far.

        Of two equal scores the earlier stays the best.

        Raises:
            WorldModelsError: the score is not finite.
        """
        if not math.isfinite(score):
            raise WorldModelsError(
                f"generation {number}: the mean scored {score} in validation; look for values that "
                "are not finite in V's or M's checkpoint"
            )
        self.history[-1].validation = score
        if score > self.best_score:
            self.best, self.best_score, self.best_generation = self.mean(), score, number


def evolve(
    evolution: Evolution,
    fitness: Fitness,
    validation: Validation,
    log: FitnessLog | None = None,
    after_generation: Callable[[Generation], None] = lambda generation: None,
) -> None:
    """Run a search to its last generation, after replaying what is in the log.

    Args:
        evolution: a new search; it is filled in place.
        fitness, validation: how candidates and the mean are scored.
        log: gets a line for each finished generation; None keeps none.
        after_generation: called after each generation that was not read from the log.
    """
    log = log or FitnessLog(None)
    replay(evolution, log)
    done = len(evolution.history)
    if done:
        LOG.info("continuing after generation %d", done)
    if done and evolution.validates(done) and evolution.history[-1].validation is None:
        # The log is of a longer evolution, which did not validate here.
        evolution.keep(validation(evolution.mean()), done)
    while not evolution.finished():
        number = len(evolution.history) + 1
        generation = evolution.tell(fitness(number, evolution.ask()))
        if evolution.validates(number):
            evolution.keep(validation(evolution.mean()), number)
        log.append(generation)
        after_generation(generation)


def replay(
    evolution: Evolution,
    log: FitnessLog,
    on_candidates: Callable[[int, NDArray[np.float32]], None] = lambda number, candidates: None,
) -> None:
    """Bring a new search to the state after the logged generations.

    The log may be of a shorter or a longer evolution that is otherwise the same.

    Args:
        evolution: a new search; it is filled in place.
        log: the log of the same search.
        on_candidates: called with each generation's number and its candidates,
            (population, parameters).

    Raises:
        WorldModelsError: the log is damaged or belongs to another search.
    """
    for line in log.read():
        if evolution.finished():
            break
        on_candidates(line.number, evolution.ask())
        if len(line.fitness) != evolution.settings.population:
            raise WorldModelsError(
                f"{log.path}: line {line.number}: {len(line.fitness)} candidates, not "
                f"{evolution.settings.population}; remove the log to start anew"
            )
        again = evolution.tell(line.fitness)
        if again.check != line.check or again.number != line.number:
            raise WorldModelsError(
                f"{log.path}: line {line.number}: replaying the search gives {again.check!r}, but "
                f"the log has {line.check!r}; the log is of other settings, another version of cma "
                "or numpy, or another kind of machine; remove it to start anew"
            )
        if line.validation is not None and evolution.validates(line.number):
            evolution.keep(line.validation, line.number)
