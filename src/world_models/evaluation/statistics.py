"""Mean, standard deviation and confidence interval of a controller's scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

CONFIDENCE = 0.95
RESAMPLES = 9999
SEED = 0  # fixed: the same scores always get the same interval


@dataclass(frozen=True)
class Summary:
    """A summary of scores, in their unit (reward, or steps survived).

    Attributes:
        mean: arithmetic mean.
        std: sample standard deviation, with n - 1 in the denominator: how much episodes vary.
        ci_low, ci_high: 95 % confidence interval of the mean: how well the mean is known.
        episodes: how many scores there are.
    """

    mean: float
    std: float
    ci_low: float
    ci_high: float
    episodes: int


def summarise(scores: Sequence[float] | NDArray[np.float64]) -> Summary:
    """Summarise the scores of independent episodes.

    Args:
        scores: finite numbers, shape (episodes,), at least two.

    Raises:
        ValueError: fewer than two scores, or one that is not finite.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError("a summary needs at least two scores, all finite")
    low, high = interval(values)
    return Summary(float(values.mean()), float(values.std(ddof=1)), low, high, len(values))


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean (BCa: Efron, 1987).

    Scores pile up below a cap (2,100 steps; a finished lap) with a long lower tail, so Student's
    symmetric interval would often end above the cap. BCa follows the skew and never leaves the
    range of the scores. With only a handful of scores (smoke scale), either is too narrow.

    Args:
        values: finite scores, shape (episodes,). Equal scores give an interval of zero width.
    """
    least, spread = float(values.min()), float(np.ptp(values))
    if spread == 0:  # the bootstrap distribution would have no shape to correct
        return least, least
    # Scaled to 0..1: the squares and cubes of tiny differences would underflow.
    result = bootstrap(
        ((values - least) / spread,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=np.random.default_rng(SEED),
    )
    low, high = result.confidence_interval
    return least + spread * float(low), least + spread * float(high)
