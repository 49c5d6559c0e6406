"""Progress of a whole Snakemake run: jobs done, rate and time left.

On a terminal it is a bar on the last line, below the stages' own bars. Elsewhere, e.g. in a log
file, it is a line when a job finishes, at most one every ten seconds.
"""

import atexit
import logging
import logging.handlers
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from world_models.execution.benchmarks import read
from world_models.execution.estimate import Estimate, Job, State
from world_models.execution.footer import Footer

STDERR = 2
SECONDS_BETWEEN_LINES = 10.0
SECONDS_BETWEEN_DRAWINGS = 1.0
QUIET = {"PROGRESS", "ALL"}


def follow(workflow: Any, logger: logging.Logger) -> None:
    """Show a run's progress from its start (a Snakefile's `onstart:`) to its end.

    Args:
        workflow: Snakemake's workflow, whose jobs are planned already.
        logger: Snakemake's logger, to which it reports its jobs.
    """
    if QUIET & {each.name for each in workflow.output_settings.quiet or ()}:
        return
    estimate = estimate_of(workflow.dag, workflow.resource_settings.cores or 1)
    plugins = any(isinstance(each, logging.handlers.QueueHandler) for each in logger.handlers)
    footer = Footer(STDERR) if Footer.fits(STDERR) and not plugins else None
    logger.addHandler(WholeRun(estimate, logger.info, footer))


def estimate_of(dag: Any, cores: int) -> Estimate:
    """Return the estimate for a plan, from the records of earlier jobs of the same kinds."""
    known, jobs = [], {}
    waiting = set(dag.needrun_jobs())
    for job in dag.jobs:
        path = Path(job.benchmark) if job.benchmark else None
        kind = (job.rule.name, str(path.parent) if path else "")
        record = read(path) if path else None
        if record:
            known.append((kind, record.seconds))
        if job in waiting:
            seconds = 0.0 if job.rule.norun else record.seconds if record else None
            jobs[dag.jobid(job)] = Job(kind, job.threads, seconds)
    return Estimate(jobs, known, cores, time.monotonic())


def as_text(state: State) -> str:
    """Return a run's progress in words."""
    text = f"{state.done}/{state.total} jobs, {state.rate * 60:.3g} jobs/min"
    if state.done == state.total:
        return text
    if state.left < 1 and state.untimed:
        return f"{text}, time left not known yet"
    left = tqdm.format_interval(state.left)
    return f"{text}, {'at least ' if state.untimed else ''}{left} left"


def as_bar(state: State, columns: int) -> str:
    """Return a line with a progress bar that fits into `columns`."""
    text = f"{{l_bar}}{{bar}}| {as_text(state)}"
    line = tqdm.format_meter(
        round(state.share * 1000), 1000, 0, prefix="all jobs", ncols=columns - 1, bar_format=text
    )
    return str(line)


class WholeRun(logging.Handler):
    """Follows a run through Snakemake's log records about its jobs.

    Args:
        estimate: the run's estimate.
        say: prints a line, used if there is no footer.
        footer: where the bar is drawn; None in a log.
    """

    def __init__(
        self, estimate: Estimate, say: Callable[[str], None], footer: Footer | None
    ) -> None:
        super().__init__()
        self.estimate, self.say, self.footer = estimate, say, footer
        self.last_print = time.monotonic()
        self.over = threading.Event()
        if footer:
            atexit.register(self.close)
            threading.Thread(target=self._draw, name="whole run", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Note jobs that start, fail or finish; print progress if there is no footer."""
        now, event = time.monotonic(), getattr(record, "event", None)
        if event == "job_started":
            for number in record.__dict__["jobs"]:
                self.estimate.start(number, now)
        elif event == "job_error":
            self.estimate.fail(record.__dict__["jobid"])
        elif event == "job_finished":
            self.estimate.finish(record.__dict__["job_id"], now)
        elif event == "progress" and not self.footer:
            state = self.estimate.state(now)
            if now - self.last_print >= SECONDS_BETWEEN_LINES or state.done == state.total:
                self.last_print = now
                self.say(f"All jobs: {100 * state.share:.0f} % of the work, {as_text(state)}")

    def _draw(self) -> None:
        """Draw the bar until the run is over."""
        assert self.footer
        while not self.over.is_set():
            with self.lock or threading.Lock():
                state = self.estimate.state(time.monotonic())
                if not self.over.is_set():
                    self.footer.show(as_bar(state, self.footer.columns()))
            self.over.wait(SECONDS_BETWEEN_DRAWINGS)

    def close(self) -> None:
        """Stop drawing, and release the terminal's last line."""
        if not self.over.is_set():
            self.over.set()
            if self.footer:
                self.footer.remove()
                atexit.unregister(self.close)
        super().close()
