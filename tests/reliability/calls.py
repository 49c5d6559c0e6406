"""What the pool's tests have their workers do."""

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
    """Fail at the start."""
    raise RuntimeError("no engine")


def mistaken(argument: object) -> None:
    """Find a mistake of the user's at the start."""
    raise WorldModelsError("model.safetensors: missing; train it")


def hangs_at_start(argument: object) -> None:
    """Never be set up."""
    time.sleep(600)


def square(number: int) -> int:
    """Work."""
    return number * number


def pid() -> int:
    """Say which process this is."""
    return os.getpid()


def slowly(seconds: float) -> str:
    """Take long, with signs of life."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        beat()
        time.sleep(0.01)
    return "done"


def once(marks: Path, fault: str, number: int) -> int:
    """Fail in one of the known ways the first time that `number` is worked at; then square it."""
    mark = marks / f"{number}"
    if not mark.exists():
        mark.touch()
        fail(fault)
    return number * number


def fail(fault: str) -> None:
    """Fail in one of the known ways."""
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
