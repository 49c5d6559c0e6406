"""Functions that the pool's tests have their workers call."""

import os
import signal
import sys
import time
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.execution.heartbeat import beat


def ready(argument: object) -> None:
    """Set up nothing."""


def never_ready(argument: object) -> None:
    """Fail during set-up."""
    raise RuntimeError("no engine")


def mistaken(argument: object) -> None:
    """Raise the error of a user's mistake during set-up."""
    raise WorldModelsError("model.safetensors: missing; train it")


def hangs_at_start(argument: object) -> None:
    """Hang during set-up."""
    time.sleep(600)


def square(number: int) -> int:
    """Return the square of a number."""
    return number * number


def pid() -> int:
    """Return the process ID."""
    return os.getpid()


def slowly(seconds: float) -> str:
    """Take a long time, with heartbeats."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        beat()
        time.sleep(0.01)
    return "done"


def once(marks: Path, fault: str, number: int) -> int:
    """Fail in the given way on the first call for `number`; return its square afterwards."""
    mark = marks / f"{number}"
    if not mark.exists():
        mark.touch()
        fail(fault)
    return number * number


def fail(fault: str) -> None:
    """Fail in the given way."""
    if fault == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault == "exits":
        sys.stderr.flush()
        os._exit(7)
    elif fault == "hangs":
        time.sleep(600)
    elif fault == "mistaken":
        raise WorldModelsError("rollouts/0000.zarr: missing; fetch it")
    else:
        raise ValueError("frames\nof a wrong shape")
