"""Time during which this process was running: a supervisor's clock for deadlines."""

import time


class RunningTime:
    """Measures the seconds between ticks, without time during which this process was stopped.

    A run may be stopped as a whole and continued later: by Ctrl-Z, a paused container, or a
    scheduler that suspends a job. Nobody can work then, so that time must not count as a hang. A
    supervisor that ticks regularly notices: the gap between two of its own ticks is much longer
    than its interval. So a tick counts for one interval at most. If only the worker is stopped, the
    supervisor keeps ticking and the worker's silence counts.

    Args:
        interval: seconds between two ticks of a supervisor that is running.
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.last = time.monotonic()

    def tick(self) -> float:
        """Return the seconds since the last tick that count: at most one interval."""
        now = time.monotonic()
        passed, self.last = now - self.last, now
        return min(passed, self.interval)
