"""Rates of two workloads, measured alternately, so that the machine's noise affects both."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

Work = Callable[[], int]
"""Does some work; returns the number of units done."""


@dataclass(frozen=True)
class Result:
    """A benchmark's result: our value, the baseline's, and the ratio that the table shows."""

    name: str
    value: float
    baseline: float
    ratio: float

    def rounded(self) -> dict[str, float | str]:
        """Return the result with four significant digits."""
        values = asdict(self)
        return {k: v if isinstance(v, str) else float(f"{v:.4g}") for k, v in values.items()}


def rate(work: Work) -> float:
    """Return the units per second of one run."""
    start = time.perf_counter()
    units = work()
    return units / (time.perf_counter() - start)


def compare(name: str, ours: Work, baseline: Work, rounds: int = 3) -> Result:
    """Warm both up, run them alternately; return the median rates and the median ratio."""
    rate(ours), rate(baseline)
    pairs = [(rate(ours), rate(baseline)) for _ in range(rounds)]
    return Result(
        name,
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )
