"""Rates of two workloads, measured in turn, so that a machine's moods strike both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

Work = Callable[[], int]
"""Does some work; returns how many units of it."""


@dataclass(frozen=True)
class Result:
    """What a benchmark found: a rate of ours, of the baseline, and what the table compares."""

    name: str
    value: float
    baseline: float
    ratio: float

    def rounded(self) -> dict[str, float | str]:
        """Return it with three significant digits."""
        values = asdict(self)
        return {k: v if isinstance(v, str) else float(f"{v:.4g}") for k, v in values.items()}


def rate(work: Work) -> float:
    """Return units a second of one run."""
    start = time.perf_counter()
    units = work()
    return units / (time.perf_counter() - start)


def compare(name: str, ours: Work, baseline: Work, rounds: int = 3) -> Result:
    """Run both in turn, once to warm up; return the median rates and the median of the ratios."""
    rate(ours), rate(baseline)
    pairs = [(rate(ours), rate(baseline)) for _ in range(rounds)]
    return Result(
        name,
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )
