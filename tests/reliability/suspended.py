"""A small stage for tests that stop and continue it; it plays in one of the ways of real stages."""

import os
import sys
import time
from pathlib import Path

from tests.reliability import calls
from world_models.execution.executor import ExecutionOptions, start_executor
from world_models.execution.heartbeat import Watchdog, beat
from world_models.execution.retry import RetryPolicy
from world_models.stage.log import start_log

HUNG_AFTER = 6.0  # seconds: a busy machine may be late by a few
STEP = 1.2  # seconds: so long that no step ends while the stage is stopped
STEPS = 3


def play(mark: str) -> int:
    """Make some long steps; write the process ID to the file `mark` before the first."""
    Path(mark).write_text(str(os.getpid()))
    for _ in range(STEPS):
        beat()
        for _ in range(round(STEP / 0.1)):  # one long sleep would end while the stage is stopped
            time.sleep(0.1)
    return STEPS


def tear_down() -> None:
    """Tear down nothing."""


def main(way: str, folder: str) -> None:
    """Play in the given way; print the number of steps made."""
    start_log(None)
    marks = [f"{folder}/{number}" for number in range(2)]
    if way == "watchdog":
        with Watchdog("a collection", HUNG_AFTER):
            print(sum(play(mark) for mark in marks))
        return
    workers = 2 if way == "pool" else 1
    options = ExecutionOptions(workers, RetryPolicy(HUNG_AFTER, attempts=2))
    with start_executor(calls.ready, None, tear_down, options) as executor:
        futures = [executor.submit(play, mark) for mark in marks]
        print(sum(future.result() for future in futures))


if __name__ == "__main__":
    main(*sys.argv[1:])
