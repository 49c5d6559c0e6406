"""Calls that the tests' tasks make, in a module that any process can import."""

import os
import signal
import time
from pathlib import Path

from world_models.errors import WorldModelsError


def ready(argument: str) -> None:
    """Set up; the pool's processes know the argument then."""
    os.environ["TEST_ARGUMENT"] = argument


def shout(number: int, marks: str) -> str:
    """Take a moment; leave a mark that says who began it: the task's process, and this one."""
    mark = Path(marks) / f"{number}.{os.getppid()}.{os.getpid()}"
    mark.touch()
    time.sleep(0.6)
    return f"{os.environ['TEST_ARGUMENT']} {number}"


def refuse(number: int, marks: str) -> str:
    """Find a mistake of the user's."""
    raise WorldModelsError(f"setting {number}: wrong")


def die(number: int, marks: str) -> str:
    """Let the first call take its whole task along."""
    if number:
        return shout(number, marks)
    os.kill(os.getppid(), signal.SIGKILL)
    return "never"
