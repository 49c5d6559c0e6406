"""The interface of a search, which proposes controllers and learns from their scores."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Search(ABC):
    """A search for the controller with the highest fitness.

    `ask` and `tell` are called in turn, once per generation. The state of a search depends only on
    its settings, its seed and the fitness that it was told. So only the fitness is logged, and a
    search is resumed by repeating `ask` and `tell`
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
        """A number from the current state, which a replay compares with the logged one.

        It should normally differ between searches with different settings, seeds or histories.
        """
