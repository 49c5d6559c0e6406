"""The searches find known optima; OpenAI-ES's parts match independent computations."""

import subprocess
import sys
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from world_models.controller.search import SEARCHES, make_search
from world_models.controller.search.contract import Search
from world_models.controller.search.openai_es import (
    Adam,
    OpenAIES,
    centred_ranks,
    estimate_gradient,
)
from world_models.controller.settings import ControllerSettings
from world_models.errors import WorldModelsError

OPTIMUM = np.linspace(-1, 1, 10)
STRETCH = 10 ** np.linspace(0, 2, 10)  # curvatures of the ellipsoid, from 1 to 100
LANDSCAPES: dict[str, Callable[[NDArray[np.float32]], float]] = {
    "sphere": lambda x: -float(np.square(x - OPTIMUM).sum()),
    "ellipsoid": lambda x: -float((STRETCH * np.square(x - OPTIMUM)).sum()),
}
TOLERANCE = {"cma_es": 1e-4, "openai_es": 0.1}  # OpenAI-ES's steps do not shrink


def settings_of(search: str, **changes: object) -> ControllerSettings:
    """Return settings for ten parameters."""
    return ControllerSettings.model_validate({"search": search, "population": 24, **changes})


def run(search: Search, landscape: Callable[[NDArray[np.float32]], float], times: int) -> None:
    """Run a search for some generations."""
    for _ in range(times):
        search.tell([landscape(candidate) for candidate in search.ask()])


def test_every_search_can_be_chosen() -> None:
    """The registry and the `search` setting list the same names."""
    assert tuple(SEARCHES) == get_args(ControllerSettings.model_fields["search"].annotation)


@pytest.mark.parametrize("landscape", LANDSCAPES)
@pytest.mark.parametrize("name", SEARCHES)
def test_finds_the_optimum(name: str, landscape: str) -> None:
    """Each search starts at zero and finds the optimum, many step lengths away."""
    search = make_search(settings_of(name), 10, seed=3)
    assert np.array_equal(search.mean(), np.zeros(10, dtype=np.float32))
    run(search, LANDSCAPES[landscape], 400)
    assert np.abs(search.mean() - OPTIMUM).max() < TOLERANCE[name]


@pytest.mark.parametrize("name", SEARCHES)
def test_types_and_first_candidates(name: str) -> None:
    """Candidates are float32, as controllers are played, and spread around zero by sigma."""
    search = make_search(settings_of(name, population=64, sigma=0.3), 50, seed=3)
    candidates = search.ask()
    assert candidates.dtype == search.mean().dtype == np.float32
    assert candidates.shape == (64, 50) and search.mean().shape == (50,)
    assert candidates.std() == pytest.approx(0.3, rel=0.05)
    assert isinstance(search.check, float)


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_its_settings_seed_and_fitness(name: str) -> None:
    """A repeated search gives the same bits; `check` tells different searches apart."""

    def run_search(seed: int = 3, times: int = 5, **changes: object) -> Search:
        search = make_search(settings_of(name, **changes), 10, seed)
        run(search, LANDSCAPES["ellipsoid"], times)
        return search

    np.random.seed(0)
    whole = run_search()
    np.random.seed(1)  # NumPy's global generator is not used
    again = run_search()
    assert again.mean().tobytes() == whole.mean().tobytes() and again.check == whole.check
    others = [
        run_search(seed=4),
        run_search(times=4),
        run_search(sigma=0.2),
        run_search(seed=4, times=1),
        run_search(times=1),
    ]
    if name == "openai_es":
        others += [run_search(learning_rate=0.02), run_search(weight_decay=0.1)]
    assert len({whole.check, *(other.check for other in others)}) == len(others) + 1


def test_the_largest_step_size() -> None:
    """CMA-ES's step size grows to its limit on a slope, and no further; the mean goes on."""
    free, limited = (
        make_search(settings_of("cma_es", **each), 10, 3) for each in ({}, {"max_sigma": 0.15})
    )
    means = []
    for search in (free, limited):
        run(search, lambda x: float(x.sum()), 30)
        means.append(search.mean().sum())
    assert free.check > 1 and limited.check == 0.15 and 1 < means[1] < means[0]
    assert limited.ask().std(0).mean() < free.ask().std(0).mean() / 3
    with pytest.raises(ValueError, match=r"max_sigma 0\.05 is below sigma 0\.1"):
        settings_of("cma_es", max_sigma=0.05)


def test_pairs_are_antithetic() -> None:
    """In every generation each candidate has a mirror image on the other side of the mean."""
    search = OpenAIES(7, 6, 0.5, 0.1, 0.0, seed=1)
    halves = []
    for _ in range(3):
        centre, candidates = search.theta, search.ask().astype(np.float64)
        np.testing.assert_allclose(
            candidates[:3] - centre, centre - candidates[3:], rtol=1e-5, atol=1e-7
        )
        halves.append(candidates[:3] - centre)
        search.tell(list(candidates.sum(axis=1)))
    assert len(np.unique(np.concatenate(halves), axis=0)) == 9  # all drawn anew


def test_an_odd_population_is_refused() -> None:
    """The settings and the search itself both refuse an odd population."""
    with pytest.raises(ValueError, match=r"population\n.*openai_es .* give an even number"):
        settings_of("openai_es", population=7)
    assert settings_of("cma_es", population=7).population == 7
    with pytest.raises(WorldModelsError, match="population 7: openai_es needs an even number"):
        OpenAIES(10, 7, 0.1, 0.01, 0.0, seed=1)


@pytest.mark.parametrize("kinds", [2, 5, 1000])
def test_centred_ranks(kinds: int) -> None:
    """A rank is the number of smaller values plus half the number of other equal values."""
    rng = np.random.default_rng(kinds)
    for n in (2, 3, 16, 65):
        fitness = rng.integers(0, kinds, n).astype(np.float64)
        ranks = [
            sum(float(other < value) for other in fitness) + (list(fitness).count(value) - 1) / 2
            for value in fitness
        ]
        found = centred_ranks(fitness)
        np.testing.assert_allclose(found, np.array(ranks) / (n - 1) - 0.5, atol=1e-12)
        assert abs(found.sum()) < 1e-9
    np.testing.assert_allclose(centred_ranks(np.array([-1e9, 3.0, 2.0])), [-0.5, 0.5, 0])


def test_the_gradient_of_a_linear_function() -> None:
    """With the fitness itself as utility, slope · x has the gradient `slope` everywhere.

    The estimate is 2/n Σ (slope · ε) ε, summed over one of each pair. Its mean is the slope, and
    its variance along axis j is 2/n (|slope|² + slope_j²).
    """
    rng, sigma, n = np.random.default_rng(0), 0.3, 40_000
    slope = np.array([3.0, -1.0, 0.5, 0.0])
    half = rng.standard_normal((n // 2, 4))
    noise = np.concatenate([half, -half])
    found = estimate_gradient((0.7 + sigma * noise) @ slope, noise, sigma)
    np.testing.assert_allclose(found, 2 / n * (half @ slope) @ half, rtol=1e-9)
    error = np.sqrt(2 / n * (slope @ slope + slope**2))
    assert (np.abs(found - slope) < 4 * error).all()


def test_the_gradient_of_ranks_of_a_linear_function() -> None:
    """Ranks keep the gradient's direction; its length no longer depends on the slope's.

    Along the slope ε is a standard normal x. Its expected rank is (n - 2) Φ(x) among the n - 2
    candidates other than its partner -x, plus 1 if x > 0. With E[x Φ(x)] = 1 / (2 √π) and
    E[x; x > 0] = 1 / √(2π) the mean of the estimate is known exactly.
    """
    n, sigma, rounds = 12, 0.2, 4000
    slope = np.array([300.0, -400.0, 0.0])
    search, found = OpenAIES(3, n, sigma, 1.0, 0.0, seed=5), []
    for _ in range(rounds):
        utilities = centred_ranks(search.ask().astype(np.float64) @ slope)
        found.append(estimate_gradient(utilities, search.noise, sigma))
    length = ((n - 2) / (2 * np.sqrt(np.pi)) + 1 / np.sqrt(2 * np.pi)) / (n - 1) / sigma
    error = np.std(found, axis=0) / np.sqrt(rounds)
    assert (np.abs(np.mean(found, axis=0) - length * np.array([0.6, -0.8, 0])) < 4 * error).all()
    assert (error < 0.02 * length).all()


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_adam(weight_decay: float) -> None:
    """Adam takes the same steps as PyTorch's Adam, which descends, in float64."""
    rng = np.random.default_rng(0)
    adam, theta = Adam(5, 0.03), np.linspace(-1, 1, 5)
    other = torch.from_numpy(theta.copy()).requires_grad_()
    optimizer = torch.optim.Adam([other], lr=0.03, weight_decay=weight_decay)
    for step in range(200):
        gradient = rng.standard_normal(5) * 10.0 ** (step % 5 - 3)
        theta = theta + adam.step(gradient - weight_decay * theta)
        other.grad = torch.from_numpy(-gradient)
        optimizer.step()
        np.testing.assert_allclose(theta, other.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_one_generation_by_hand() -> None:
    """`tell` combines ranks, gradient, weight decay and Adam."""
    search, theta, adam = OpenAIES(4, 8, 0.1, 0.02, 0.5, seed=2), np.zeros(4), Adam(4, 0.02)
    for _ in range(3):
        fitness = search.ask().sum(axis=1).tolist()
        slope = estimate_gradient(centred_ranks(np.array(fitness)), search.noise, 0.1)
        theta = theta + adam.step(slope - 0.5 * theta)
        search.tell(fitness)
        assert np.array_equal(search.mean(), theta.astype(np.float32))


def test_weight_decay_draws_to_zero() -> None:
    """When all candidates score the same, weight decay alone moves the mean towards zero."""
    search = OpenAIES(3, 4, 0.1, 0.01, 0.1, seed=1)
    search.theta = np.array([1.0, -2.0, 0.0])
    run(search, lambda candidate: 5.0, 600)
    assert np.abs(search.mean()).max() < 0.1


def test_workers_import_no_search() -> None:
    """Importing the stage's module, as workers do, does not import pycma, which takes a second."""
    script = "import sys; import world_models.controller.evolve; assert 'cma' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
