"""Signs of life: code that plays calls `beat()` at each step, and a supervisor may listen.

A worker's heartbeats go to its pool (`world_models.execution.pool`), which replaces the worker when
they stop. A stage that plays in its own process has a `Watchdog`, which then ends the process: no
exception can interrupt a hung engine. The same command then continues from there.
"""

import argparse
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from world_models.execution.running_time import RunningTime
from world_models.stage.log import LOG

HUNG_AFTER = 300.0  # seconds: far longer than any step, engine start or track generation

_listener: Callable[[], None] | None = None


def beat() -> None:
    """Report that a step is done. Costs next to nothing if nobody listens."""
    if _listener is not None:
        _listener()


def listen(listener: Callable[[], None] | None) -> None:
    """Call `listener` at each heartbeat of this process from now on; None stops that."""
    global _listener
    _listener = listener


def check_interval(hung_after: float) -> float:
    """Return how often a supervisor looks for heartbeats, in seconds."""
    return min(1.0, hung_after / 4)


def add_hung_after(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how long to wait for a step. No result depends on it."""
    parser.add_argument(
        "--hung-after", type=float, default=HUNG_AFTER,
        help="seconds without a step after which a process counts as hung (default %(default)g)",
    )  # fmt: skip


class Watchdog:
    """Ends this process, with one line that says why, when it makes no step for too long.

    Time in which the process is stopped (Ctrl-Z, a paused container) does not count.

    Args:
        what: the work's name, for readers of the log.
        seconds: how long to wait for a step; the first counts from the watchdog's creation.
        end: what ends the process.
    """

    def __init__(
        self, what: str, seconds: float = HUNG_AFTER, end: Callable[[int], None] = os._exit
    ) -> None:
        self.what, self.seconds, self.end = what, seconds, end
        self.stepped = False
        self.closed = threading.Event()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        listen(self._step)

    def _step(self) -> None:
        self.stepped = True

    def _watch(self) -> None:
        time, silent = RunningTime(check_interval(self.seconds)), 0.0
        while not self.closed.wait(time.interval):
            silent += time.tick()
            if self.stepped:
                self.stepped, silent = False, 0.0
            if silent > self.seconds:
                message = (
                    f"{self.what}: no step for {self.seconds:g} s; stopped. Nothing finished is "
                    "lost: run the same command again"
                )
                LOG.error("error: %s", message)
                print(f"error: {message}", file=sys.stderr, flush=True)
                self.end(2)
                return

    def close(self) -> None:
        """Stop watching."""
        self.closed.set()
        listen(None)

    def __enter__(self) -> "Watchdog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
