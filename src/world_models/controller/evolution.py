"""CMA-ES over controllers, as a log of fitness values that the whole search can be rebuilt from.

Nothing of the search's state is stored. Its random numbers come from a seed, so asking and telling
again with the logged fitness gives the same state, to the last bit; each line of the log keeps
the step size to make sure of that.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from world_models.controller.fitness_log import FitnessLog, Generation
from world_models.controller.settings import EvolutionSettings
from world_models.errors import WorldModelsError
from world_models.seeds import Purpose, derive
from world_models.stage.log import LOG

Vector = NDArray[np.float64]
Fitness = Callable[[int, NDArray[np.float32]], list[float]]
"""From a generation's number and its candidates, (population, parameters), to their scores."""
Validation = Callable[[NDArray[np.float32]], float]
"""From one controller, (parameters,), to its mean score on the validation episodes."""


def search_seed(run_seed: int, task: str, variant: str, temperature: float | None) -> int:
    """Return the seed of one search, which differs between controllers; episodes are the same."""
    return derive(run_seed, Purpose.SEARCH, task, variant, str(temperature))


@dataclass
class Evolution:
    """A search in progress.

    Attributes:
        history: the generations so far.
        best: the validated mean with the highest score, (parameters,), as float32.
        best_score, best_generation: that score, and the generation it belongs to.
    """

    parameters: int
    settings: EvolutionSettings
    seed: int
    history: list[Generation] = field(default_factory=list)
    best: NDArray[np.float32] | None = None
    best_score: float = -math.inf
    best_generation: int = 0

    def __post_init__(self) -> None:
        import cma  # takes a second, which the workers that play need not spend

        # Random numbers of its own: pycma would take NumPy's global ones.
        numbers = np.random.RandomState(self.seed)
        options = {
            "popsize": self.settings.population,
            "randn": lambda n, m: numbers.standard_normal((n, m)),
            "seed": np.nan,
            "verbose": -9,
        }
        start = np.zeros(self.parameters)
        self.search = cma.CMAEvolutionStrategy(start, self.settings.sigma, options)

    def ask(self) -> NDArray[np.float32]:
        """Return the next generation's candidates, (population, parameters)."""
        self.asked = self.search.ask()
        return np.array(self.asked, dtype=np.float32)

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
        self.search.tell(self.asked, [-value for value in fitness])
        generation = Generation(number, fitness, float(self.search.sigma))
        self.history.append(generation)
        return generation

    def mean(self) -> NDArray[np.float32]:
        """Return the mean of the search's distribution: the controller that it stands for."""
        return np.asarray(self.search.mean, dtype=np.float32)

    def finished(self) -> bool:
        """Say whether the last generation is done, or a validation has reached `stop_at_score`."""
        enough = self.settings.stop_at_score
        if enough is not None and self.best_score >= enough:
            return True
        return len(self.history) >= self.settings.generations

    def validates(self, number: int) -> bool:
        """Say whether generation `number` ends with a validation; the last one always does."""
        return number % self.settings.validation_every == 0 or number == self.settings.generations

    def keep(self, score: float, number: int) -> None:
        """Note the mean's validation score; remember the best, the earlier of equals.

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
            self.best, self.best_score, self.best_generation = (
                self.mean(),
                score,
                number,
            )


def evolve(
    evolution: Evolution,
    fitness: Fitness,
    validation: Validation,
    log: FitnessLog | None = None,
    seen: Callable[[Generation], None] = lambda generation: None,
) -> None:
    """Run the search to its last generation, going on from `log` where there is one.

    Args:
        evolution: a new search; it is filled in place.
        fitness, validation: how candidates and the mean are scored.
        log: gets a line for each finished generation; None keeps none.
        seen: called after each generation that was not read from the log.
    """
    log = log or FitnessLog(None)
    replay(evolution, log)
    last = len(evolution.history)
    if last:
        LOG.info("continuing after generation %d", last)
    if last and evolution.validates(last) and evolution.history[-1].validation is None:
        # The log is of an evolution in which this generation was not the last.
        evolution.keep(validation(evolution.mean()), last)
    while not evolution.finished():
        number = len(evolution.history) + 1
        generation = evolution.tell(fitness(number, evolution.ask()))
        if evolution.validates(number):
            evolution.keep(validation(evolution.mean()), number)
        log.append(generation)
        seen(generation)


def replay(
    evolution: Evolution,
    log: FitnessLog,
    asked: Callable[[int, NDArray[np.float32]], None] = lambda number, candidates: None,
) -> None:
    """Bring a new search to the state after the logged generations.

    The log may be of a shorter or a longer evolution that is otherwise the same.

    Args:
        evolution: a new search; it is filled in place.
        log: what is logged of it.
        asked: shown each generation's number and its candidates, (population, parameters).

    Raises:
        WorldModelsError: the log is damaged or belongs to another search.
    """
    for line in log.read():
        if evolution.finished():
            break
        asked(line.number, evolution.ask())
        if len(line.fitness) != evolution.settings.population:
            raise WorldModelsError(
                f"{log.path}: line {line.number}: {len(line.fitness)} candidates, not "
                f"{evolution.settings.population}; remove the log to start anew"
            )
        again = evolution.tell(line.fitness)
        if again.sigma != line.sigma or again.number != line.number:
            raise WorldModelsError(
                f"{log.path}: line {line.number}: replayed step size {again.sigma!r}, "
                f"logged {line.sigma!r}; it was made by another version of cma or on another kind "
                "of machine; remove the log to start anew"
            )
        if line.validation is not None and evolution.validates(line.number):
            evolution.keep(line.validation, line.number)
