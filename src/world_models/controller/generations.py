"""The evolution of one controller: a search, its generations, and the log that it resumes from.

The search's state is not stored. Its random numbers come from a seed, so repeating `ask` and `tell`
with the logged fitness restores the state to the last bit. Each line of the log keeps the search's
`check` at that point, so a replay that differs is detected.
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
"""Maps a generation's number and its candidates, (population, parameters), to their scores."""
Validation = Callable[[NDArray[np.float32]], float]
"""Maps one controller, (parameters,), to its mean score on the validation episodes."""


def search_seed(run_seed: int, task: str, variant: str, temperature: float | None) -> int:
    """Return the seed of one controller's search; each controller has its own.

    Episodes have separate seeds, which all controllers of a task share.
    """
    return derive(run_seed, Purpose.SEARCH, task, variant, str(temperature))


def repeat_seed(run_seed: int, repeat: int) -> int:
    """Return the seed for a repeat's search and episodes; repeat 0 has the run's own."""
    return run_seed if not repeat else derive(run_seed, Purpose.SEARCH, "repeat", repeat)


@dataclass
class Evolution:
    """A search in progress, and the best controller so far.

    Attributes:
        history: the generations so far.
        best: the controller with the highest validation score, (parameters,); None before the first
            validation.
        best_score, best_generation: its score, and its generation.
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
        """Update the search with the candidates' scores.

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
        """Record the mean's validation score, and keep the mean if it is the best so far.

        Of two equal scores, the earlier one stays the best.

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
    """Replay the log, then run the search to its last generation.

    Args:
        evolution: a new evolution; it is updated in place.
        fitness, validation: how candidates and the mean are scored.
        log: gets a line for each finished generation; None: no log is kept.
        after_generation: called after each generation that was not read from the log.
    """
    log = log or FitnessLog(None)
    replay(evolution, log)
    done = len(evolution.history)
    if done:
        LOG.info("continuing after generation %d", done)
    if done and evolution.validates(done) and evolution.history[-1].validation is None:
        # The log comes from a longer evolution, which did not validate here.
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
    """Bring a new evolution to its state after the logged generations.

    The log may come from a shorter or longer evolution that is otherwise the same.

    Args:
        evolution: a new evolution; it is updated in place.
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
                f"{evolution.settings.population}; remove the log to start over"
            )
        again = evolution.tell(line.fitness)
        if again.check != line.check or again.number != line.number:
            raise WorldModelsError(
                f"{log.path}: line {line.number}: replaying the search gives {again.check!r}, but "
                f"the log has {line.check!r}; the log comes from other settings, another version "
                "of cma or numpy, or another kind of machine; remove it to start over"
            )
        if line.validation is not None and evolution.validates(line.number):
            evolution.keep(line.validation, line.number)
