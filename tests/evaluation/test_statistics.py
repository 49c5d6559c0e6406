"""Means, standard deviations and intervals: known values, extremes, simulated coverage."""

import numpy as np
import pytest
from scipy.stats import t as student

from world_models.evaluation.statistics import Summary, summarise

CAP = 2100.0


def test_known_values() -> None:
    """The sample variance is (1.5² + 0.5² + 0.5² + 1.5²) / 3 = 5/3 = 1.29099²."""
    found = summarise([1, 2, 3, 4])
    assert found.mean == 2.5
    assert found.std == pytest.approx(1.2909944487358056, abs=1e-12)
    assert found.episodes == 4
    assert 1 <= found.ci_low < 2.5 < found.ci_high <= 4


def test_equal_scores_have_an_interval_without_width() -> None:
    """Scores that are all at the cap are a result, not an error."""
    assert summarise([CAP] * 100) == Summary(CAP, 0, CAP, CAP, 100)


def test_the_interval_stays_below_the_cap() -> None:
    """Student's interval would end above the cap, which no score can exceed."""
    scores = np.full(100, CAP)
    scores[:2] = 300
    found = summarise(scores)
    assert found.mean + student.ppf(0.975, 99) * found.std / 10 > CAP
    assert found.ci_low < found.mean < found.ci_high <= CAP
    assert found.mean - found.ci_low > found.ci_high - found.mean, "the tail lies below"


def test_normal_scores_have_nearly_students_interval() -> None:
    """For normal scores the bootstrap agrees with Student's interval."""
    scores = np.random.default_rng(3).normal(900, 21, 200)
    found = summarise(scores)
    half = student.ppf(0.975, 199) * found.std / 200**0.5
    assert found.ci_low == pytest.approx(found.mean - half, abs=0.15 * half)
    assert found.ci_high == pytest.approx(found.mean + half, abs=0.15 * half)


def test_the_same_scores_have_the_same_interval() -> None:
    """The interval does not depend on random numbers drawn before."""
    scores = np.random.default_rng(4).gamma(2, 100, 50)
    assert summarise(scores) == summarise(list(scores))


def test_coverage() -> None:
    """About 95 % of 300 intervals, each of 100 skewed, capped scores, contain the true mean."""
    rng = np.random.default_rng(5)
    true_mean = np.minimum(rng.gamma(2, 600, 4_000_000), CAP).mean()
    covered = 0
    for _ in range(300):
        found = summarise(np.minimum(rng.gamma(2, 600, 100), CAP))
        covered += found.ci_low <= true_mean <= found.ci_high
    assert 0.92 <= covered / 300 <= 0.98  # two and a half standard errors


@pytest.mark.parametrize("scores", [[], [1.0], [1.0, float("nan")], [1.0, float("inf")]])
def test_too_little_to_summarise(scores: list[float]) -> None:
    """Fewer than two scores, or scores that are not finite, are refused."""
    with pytest.raises(ValueError, match="at least two"):
        summarise(scores)
