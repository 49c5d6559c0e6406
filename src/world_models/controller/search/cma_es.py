"""CMA-ES (Hansen, 2016: "The CMA Evolution Strategy: A Tutorial"), as implemented by pycma."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from world_models.controller.search.contract import Search


class CMAES(Search):
    """pycma with its default options; the search starts at zero.

    Args:
        parameters: the number of parameters of a controller.
        population: candidates in a generation, at least 2.
        sigma: the initial step size.
        seed: the seed of all its random numbers.
        max_sigma: the largest step size.
    """

    def __init__(
        self,
        parameters: int,
        population: int,
        sigma: float,
        seed: int,
        max_sigma: float = math.inf,
    ) -> None:
        import cma  # here: it takes a second, and workers, which only play, don't need it

        # A generator of its own: by default pycma draws from NumPy's global one.
        rng = np.random.RandomState(seed)
        options = {
            "popsize": population,
            "randn": lambda rows, columns: rng.standard_normal((rows, columns)),
            "seed": np.nan,  # leave NumPy's global generator alone
            "verbose": -9,
        }
        self.max_sigma = max_sigma
        self.strategy = cma.CMAEvolutionStrategy(np.zeros(parameters), sigma, options)

    def ask(self) -> NDArray[np.float32]:
        """Draw candidates from N(mean, σ² C)."""
        self.candidates = self.strategy.ask()  # float64; `tell` must get exactly these
        return np.array(self.candidates, dtype=np.float32)

    def tell(self, fitness: Sequence[float]) -> None:
        """Update the mean, the step size σ and the covariance C."""
        self.strategy.tell(self.candidates, [-value for value in fitness])  # pycma minimises
        # Not pycma's `maxstd`, which rescales coordinates and lets σ itself grow on.
        self.strategy.sigma = min(self.strategy.sigma, self.max_sigma)

    def mean(self) -> NDArray[np.float32]:
        """Return the mean of the distribution, (parameters,)."""
        return np.asarray(self.strategy.mean, dtype=np.float32)

    @property
    def check(self) -> float:
        """The step size σ."""
        return float(self.strategy.sigma)
