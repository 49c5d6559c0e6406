"""What a search is: it proposes controllers and learns from their scores."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Search(ABC):
    """A search for the controller with the highest fitness.

    `ask` and `tell` are called in turn, once a generation. The state of a search depends on
    nothing but its settings, its seed and the fitness that it was told. So the fitness alone is
    logged, and a search is resumed by asking and telling again
    (`world_models.controller.generations.replay`).
    """

    @abstractmethod
    def ask(self) -> NDArray[np.float32]:
        """Return the next generation's candidates, (population, parameters)."""

    @abstractmethod
    def tell(self, fitness: Sequence[float]) -> None:
        """Learn from the scores, (population,), of the candidates that `ask` returned last."""

    @abstractmethod
    def mean(self) -> NDArray[np.float32]:
        """Return the mean of the search's distribution, (parameters,)."""

    @property
    @abstractmethod
    def check(self) -> float:
        """A number of the present state, which a replay compares with the logged one.

        It must differ, as a rule, between searches with other settings, seeds or histories.
        """
