"""Progress of a run of many jobs, weighted by how long similar jobs took before."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean

WARM_UP = 60.0  # seconds: weight of the core count against the measured speed


@dataclass(frozen=True)
class Job:
    """A job that has to run.

    Attributes:
        kind: its rule, and its scale and task; jobs of one kind take about the same time.
        threads: cores that it occupies.
        seconds: how long this very job took before; None if it never ran.
    """

    kind: tuple[str, str]
    threads: int
    seconds: float | None = None


@dataclass(frozen=True)
class State:
    """Progress of a run.

    Attributes:
        done, total: numbers of jobs. share: fraction of the work done, 0 to 1.
        rate: jobs per second so far.
        left: expected seconds for the rest, without jobs of untimed kinds.
        untimed: number of unfinished kinds of which no job has ever been timed.
    """

    done: int
    total: int
    share: float
    rate: float
    left: float
    untimed: int


class Estimate:
    """Tracks the progress of a run.

    Work is counted in core-seconds. The time left is the remaining work divided by the speed. The
    speed starts as the number of cores; after about a minute, measured work outweighs that.

    Args:
        jobs: all jobs that have to run, by number.
        known: kinds and seconds of earlier jobs.
        cores: number of cores that may be used.
        now: the time at which the run starts, seconds.
    """

    def __init__(
        self,
        jobs: dict[int, Job],
        known: Iterable[tuple[tuple[str, str], float]],
        cores: int,
        now: float,
    ) -> None:
        self.jobs, self.cores, self.began = jobs, cores, now
        self.started: dict[int, float] = {}
        self.finished: dict[int, float] = {}
        self.timed: dict[tuple[str, str], list[float]] = defaultdict(list)
        for kind, seconds in known:
            self.timed[kind].append(seconds)

    def start(self, number: int, now: float) -> None:
        """Note that a job begins, possibly again after a failure."""
        if number in self.jobs:
            self.started[number] = now

    def fail(self, number: int) -> None:
        """Note that a job has failed; it may begin again."""
        self.started.pop(number, None)

    def finish(self, number: int, now: float) -> None:
        """Note that a job is done; others of its kind are expected to take as long."""
        if number in self.jobs and number not in self.finished:
            took = now - self.started.get(number, now)
            self.finished[number] = took
            self.timed[self.jobs[number].kind].append(took)

    def state(self, now: float) -> State:
        """Return the run's progress."""
        expected = {number: self._seconds(job) for number, job in self.jobs.items()}
        known = [seconds for seconds in expected.values() if seconds is not None]
        usual = mean(known) if known else 1.0
        done, total, left = 0.0, 0.0, 0.0
        for number, job in self.jobs.items():
            seconds = expected[number]
            work = max(seconds if seconds is not None else usual, 1e-3) * job.threads
            if number in self.finished:
                ready = work
            elif number in self.started and seconds is not None:
                # An overdue job counts as 99 % done until it reports.
                ready = min((now - self.started[number]) * job.threads, 0.99 * work)
            else:
                ready = 0.0
            done, total = done + ready, total + work
            left += work - ready if seconds is not None else 0.0
        elapsed = max(now - self.began, 1e-9)
        speed = (done + self.cores * WARM_UP) / (elapsed + WARM_UP)
        waiting = {
            job.kind for n, job in self.jobs.items()
            if n not in self.finished and expected[n] is None
        }  # fmt: skip
        return State(
            done=len(self.finished),
            total=len(self.jobs),
            share=done / total if total else 1.0,
            rate=len(self.finished) / elapsed,
            left=left / max(speed, 1e-9),
            untimed=len(waiting),
        )

    def _seconds(self, job: Job) -> float | None:
        if job.seconds is not None:
            return job.seconds
        took = self.timed[job.kind]
        return mean(took) if took else None
