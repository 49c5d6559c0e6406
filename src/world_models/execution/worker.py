"""One worker process, seen from both sides: its loop, and the pool's handle on it."""

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from enum import Enum
from multiprocessing.connection import Connection
from typing import Any

from world_models.errors import WorldModelsError
from world_models.execution import heartbeat
from world_models.execution.processes import die_with

BEAT_EVERY = 1.0  # seconds: a message for each step would cost more than some steps
FAREWELL = 10.0  # seconds for a dismissed worker to close its engines


class Answer(Enum):
    """What a worker tells its pool."""

    READY = 0  # set up
    BEAT = 1  # a step is done
    DONE = 2  # with the call's result
    MISTAKE = 3  # with a WorldModelsError
    FAILED = 4  # with the cause, in words


def work(
    link: Connection, parent: int, set_up: Callable[[Any], None], argument: Any
) -> None:  # pragma: no cover - in another process
    """Be a worker: set up, then call what comes through the link until it says None."""
    die_with(parent)
    # The terminal's Ctrl-C goes to all processes: the pool decides what becomes of its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.set_inheritable(link.fileno(), False)  # an engine that held it would hide our death
    last = time.monotonic()

    def tell() -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= BEAT_EVERY:
            last = now
            link.send((Answer.BEAT, None))

    heartbeat.listen(tell)
    answer = attempt(lambda: set_up(argument))
    link.send((Answer.READY, None) if answer[0] is Answer.DONE else answer)
    with contextlib.suppress(EOFError):  # the pool is gone
        while answer[0] is not Answer.FAILED and (call := link.recv()) is not None:
            fn, args, kwargs = call
            answer = attempt(lambda: fn(*args, **kwargs))  # noqa: B023 - called at once
            link.send(answer)


def attempt(call: Callable[[], Any]) -> tuple[Answer, Any]:
    """Call, and put what comes of it into an answer."""
    try:
        return Answer.DONE, call()
    except WorldModelsError as error:
        return Answer.MISTAKE, error
    except Exception as error:
        # One line, and the place: the traceback stays in this process.
        trace, place = error.__traceback__, ""
        while trace is not None:
            place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
            trace = trace.tb_next
        return Answer.FAILED, " ".join(f"raised {type(error).__name__} at {place}: {error}".split())


class Worker:
    """The pool's handle: starts the process; `unit` is what it does at present."""

    def __init__(self, set_up: Callable[[Any], None], argument: Any) -> None:
        # spawn: a forked child would inherit the threads' locks of PyTorch and of the engines
        context = multiprocessing.get_context("spawn")
        self.link, theirs = context.Pipe()
        self.process = context.Process(
            target=work, args=(theirs, os.getpid(), set_up, argument), name="worker"
        )
        self.process.start()
        theirs.close()
        self.pid = self.process.pid
        self.ready, self.unit = False, None  # type: bool, Any
        self.done = 0  # units finished
        self.heard = time.monotonic()

    def give(self, unit: Any) -> None:
        """Send a unit's call. A worker that has died meanwhile is noticed by `hear`."""
        self.unit, self.heard = unit, time.monotonic()
        with contextlib.suppress(OSError):
            self.link.send(unit.call)

    def hear(self) -> tuple[Answer, Any]:
        """Return the message that has come; the end of the process is a failure like others."""
        self.heard = time.monotonic()
        try:
            answer, content = self.link.recv()
        except (EOFError, OSError):
            self.process.join(FAREWELL)
            code = self.process.exitcode
            if code is not None and code < 0:
                return Answer.FAILED, f"was killed by {signal.Signals(-code).name}"
            return Answer.FAILED, f"exited with status {code}"
        return answer, content

    def silence(self) -> float:
        """Return for how many seconds the worker has owed a sign of life."""
        idle = self.ready and self.unit is None
        return 0.0 if idle else time.monotonic() - self.heard

    def dismiss(self, hurry: bool) -> None:
        """Ask the worker to close its engines and leave; kill it if there is no time."""
        if hurry or not self.ready:
            self.process.kill()
        with contextlib.suppress(OSError):
            self.link.send(None)

    def end(self, patience: float = 0.0) -> None:
        """See that the process is gone; kill it if it is still there after `patience` seconds."""
        self.process.join(patience)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.process.close()
        self.link.close()
