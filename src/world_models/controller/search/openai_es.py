"""OpenAI-ES.

Salimans et al., 2017, "Evolution Strategies as a Scalable Alternative to Reinforcement Learning":
Algorithm 1 with antithetic pairs and with ranks in place of fitness (section 2.1). As in the
authors' code (github.com/openai/evolution-strategies-starter), Adam takes the step, with
weight decay. One generation of n candidates:

    ε_i      ~ N(0, I), in pairs ε and -ε
    θ_i      = θ + σ ε_i                     the candidates, whose fitness is F_i
    u_i      = centred rank of F_i           in [-1/2, 1/2]
    gradient = 1/(n σ) Σ u_i ε_i             of the expected utility at θ
    θ        = Adam ascends gradient - weight_decay θ
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from world_models.controller.search.contract import Search
from world_models.errors import WorldModelsError

Vector = NDArray[np.float64]


class OpenAIES(Search):
    """The search starts at zero; its state is float64.

    Args:
        parameters: the number of parameters of a controller.
        population: candidates in a generation, an even number.
        sigma: standard deviation σ of the perturbations, the same in all generations.
        learning_rate: Adam's step size.
        weight_decay: θ, times this, is subtracted from the gradient.
        seed: the seed of all its random numbers.

    Raises:
        WorldModelsError: the population is odd.
    """

    def __init__(
        self,
        parameters: int,
        population: int,
        sigma: float,
        learning_rate: float,
        weight_decay: float,
        seed: int,
    ) -> None:
        if population % 2:
            raise WorldModelsError(f"population {population}: openai_es needs an even number")
        self.pairs, self.sigma, self.weight_decay = population // 2, sigma, weight_decay
        self.rng = np.random.default_rng(seed)
        self.theta = np.zeros(parameters)
        self.adam = Adam(parameters, learning_rate)

    def ask(self) -> NDArray[np.float32]:
        """Perturb θ; candidates i and population/2 + i are an antithetic pair."""
        half = self.rng.standard_normal((self.pairs, len(self.theta)))
        self.noise = np.concatenate([half, -half])
        return (self.theta + self.sigma * self.noise).astype(np.float32)

    def tell(self, fitness: Sequence[float]) -> None:
        """Take one step of Adam up the estimated gradient."""
        utilities = centred_ranks(np.asarray(fitness))
        gradient = estimate_gradient(utilities, self.noise, self.sigma)
        self.theta = self.theta + self.adam.step(gradient - self.weight_decay * self.theta)

    def mean(self) -> NDArray[np.float32]:
        """Return θ, (parameters,)."""
        return self.theta.astype(np.float32)

    @property
    def check(self) -> float:
        """The sum of θ, rounded only once, so the order of its terms does not matter."""
        return math.fsum(self.theta)


def centred_ranks(fitness: Vector) -> Vector:
    """Return the ranks of fitness, (n,), scaled to [-1/2, 1/2]; equal values share their mean rank.

    With ranks, an outlier weighs no more than any other best or worst candidate would. Sharing
    matters when scores are whole numbers: candidates that do equally well must count the same.
    """
    _, place, count = np.unique(fitness, return_inverse=True, return_counts=True)
    first = np.cumsum(count) - count  # the rank of the first of each value's candidates
    ranks = (first + (count - 1) / 2)[place]
    return ranks / (len(fitness) - 1) - 0.5


def estimate_gradient(utilities: Vector, noise: Vector, sigma: float) -> Vector:
    """Return 1/(n σ) Σ u_i ε_i, (parameters,), for utilities (n,) and noise (n, parameters).

    It estimates the gradient, with respect to θ, of the expected utility of θ + σ ε.
    """
    # Not a matrix product: BLAS sums in an order that differs between machines.
    total: Vector = (utilities[:, None] * noise).sum(axis=0)
    return total / (len(utilities) * sigma)


class Adam:
    """Adam (Kingma & Ba, 2015, Algorithm 1) for gradient ascent; β1 = 0.9, β2 = 0.999, ε = 1e-8."""

    def __init__(self, parameters: int, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.m, self.v, self.t = np.zeros(parameters), np.zeros(parameters), 0

    def step(self, gradient: Vector) -> Vector:
        """Return what to add to the parameters, (parameters,)."""
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * gradient
        self.v = 0.999 * self.v + 0.001 * gradient**2
        m, v = self.m / (1 - 0.9**self.t), self.v / (1 - 0.999**self.t)
        return self.learning_rate * m / (np.sqrt(v) + 1e-8)
