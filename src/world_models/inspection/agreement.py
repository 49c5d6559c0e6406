"""Does a controller score again what it scored before?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from world_models.evaluation.statistics import CONFIDENCE, Summary, summarise

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Two evaluations of a controller, compared.

    Attributes:
        before, again: the scores that are compared. On the same episodes these are the ones that
            both played; else all.
        same_episodes: both played the same ones.
        identical: and each score is the same, to the last bit.
        low, high: where the mean of `again` has to lie. On the same episodes: the 95 % confidence
            interval of the mean before. On others: so near the mean before that the interval of
            the means' difference (Welch, 1947) holds 0.
    """

    before: Summary
    again: Summary
    same_episodes: bool
    identical: bool
    low: float
    high: float

    @property
    def agrees(self) -> bool:
        """The mean lies where it has to."""
        return self.identical or self.low <= self.again.mean <= self.high


def compare(
    seeds: Array, scores: Array, again_seeds: Array, again_scores: Array, comparisons: int = 1
) -> Agreement:
    """Compare an evaluation with one that was made again.

    The same episodes come out the same on the same kind of processor. On another one rounding
    differs, a game lets that grow, and single scores differ; their mean must not. On other
    episodes both means vary. Their difference then is given an interval of 1 - 5 % / comparisons,
    so that all of several comparisons are right together 95 % of the time (Bonferroni).

    Args:
        seeds, scores: of the episodes before, each (episodes,), at least two.
        again_seeds, again_scores: of the episodes now. If they begin with the same ones, only
            those that both have are compared.
        comparisons: how many controllers are compared together.

    Raises:
        ValueError: fewer than two scores on a side, or one that is not finite.
    """
    count = min(len(seeds), len(again_seeds))
    if same := np.array_equal(seeds[:count], again_seeds[:count]):
        scores, again_scores = scores[:count], again_scores[:count]
    before, again = summarise(scores), summarise(again_scores)
    low, high = before.ci_low, before.ci_high
    if not same:
        half = _half_width(before, again, (1 - CONFIDENCE) / comparisons)
        low, high = before.mean - half, before.mean + half
    identical = same and np.array_equal(scores, again_scores)
    return Agreement(before, again, same, identical, low, high)


def _half_width(one: Summary, other: Summary, level: float) -> float:
    """Return half the width of Welch's interval of two means' difference; level: e.g. 0.05."""
    variances = [each.std**2 / each.episodes for each in (one, other)]
    if not (total := sum(variances)):  # all scores equal on either side
        return 0.0
    parts = [v**2 / (each.episodes - 1) for v, each in zip(variances, (one, other), strict=True)]
    return float(stats.t.ppf(1 - level / 2, total**2 / sum(parts)) * total**0.5)
