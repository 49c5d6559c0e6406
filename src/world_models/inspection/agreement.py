"""Does a controller score the same when it is evaluated again?"""

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
        before, again: summaries of the compared scores. If both evaluations begin with the same
            episodes, only those that both have are compared; else all.
        same_episodes: whether both begin with the same episodes.
        identical: whether they did and each score is the same, bit for bit.
        low, high: the range in which the mean of `again` must lie. On the same episodes, this is
            the 95 % confidence interval of the mean before. On different ones, it is where the
            interval of the means' difference (Welch, 1947) contains 0.
    """

    before: Summary
    again: Summary
    same_episodes: bool
    identical: bool
    low: float
    high: float

    @property
    def agrees(self) -> bool:
        """Whether the scores are identical, or the new mean lies in its range."""
        return self.identical or self.low <= self.again.mean <= self.high


def compare(
    seeds: Array, scores: Array, again_seeds: Array, again_scores: Array, comparisons: int = 1
) -> Agreement:
    """Compare an evaluation with a repeated one.

    On the same kind of processor, the same episodes have the same scores. On another kind,
    rounding differs and games amplify it: single scores may differ, but their mean must not. On
    different episodes both means vary. The interval of their difference then has the level
    1 - 5 % / comparisons, so that all comparisons together hold 95 % of the time (Bonferroni).

    Args:
        seeds, scores: of the first evaluation's episodes, each (episodes,), at least two.
        again_seeds, again_scores: of the repeated evaluation's. If both begin with the same
            episodes, only those that both have are compared.
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
    """Return half the width of Welch's interval of a difference of means; `level`: e.g. 0.05."""
    variances = [each.std**2 / each.episodes for each in (one, other)]
    if not (total := sum(variances)):  # all scores are equal on both sides
        return 0.0
    parts = [v**2 / (each.episodes - 1) for v, each in zip(variances, (one, other), strict=True)]
    return float(stats.t.ppf(1 - level / 2, total**2 / sum(parts)) * total**0.5)
