"""Functions that the tasks of the cluster tests call, in a module any process can import."""

import os
import signal
import time
from pathlib import Path

from world_models.errors import WorldModelsError

CALLS = 8  # of a job


def ready(argument: str) -> None:
    """Set up a process of the pool: store the argument in its environment."""
    os.environ["TEST_ARGUMENT"] = argument


def shout(number: int, marks: str) -> str:
    """Leave a file named after the call and the PIDs of the task and this process; then sleep."""
    mark = Path(marks) / f"{number}.{os.getppid()}.{os.getpid()}"
    mark.touch()
    time.sleep(0.6)
    return f"{os.environ['TEST_ARGUMENT']} {number}"


def refuse(number: int, marks: str) -> str:
    """Raise the error of a user's mistake."""
    raise WorldModelsError(f"setting {number}: wrong")


def die(number: int, marks: str) -> str:
    """Kill the whole task in the first call; other calls behave like `shout`."""
    if number:
        return shout(number, marks)
    os.kill(os.getppid(), signal.SIGKILL)
    return "never"
