"""One worker process, from both sides: the loop that it runs, and the pool's handle on it."""

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

HEARTBEAT_INTERVAL = 1.0  # seconds: a message at each step would cost more than some steps
EXIT_TIMEOUT = 10.0  # seconds for a stopped worker to close its engines


class Reply(Enum):
    """The kinds of message from a worker to its pool."""

    READY = 0  # set up
    HEARTBEAT = 1  # a step is done
    RESULT = 2  # with the call's result
    USER_ERROR = 3  # with a WorldModelsError
    FAILURE = 4  # with the cause, in words


def serve(
    connection: Connection, parent: int, set_up: Callable[[Any], None], argument: Any
) -> None:  # pragma: no cover - in another process
    """Run a worker: set up, then make the calls that arrive until None does."""
    die_with(parent)
    # A terminal's Ctrl-C reaches all processes; the pool decides how its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An engine that inherited the connection would keep it open after this worker's death.
    os.set_inheritable(connection.fileno(), False)
    last = time.monotonic()

    def send_heartbeat() -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= HEARTBEAT_INTERVAL:
            last = now
            connection.send((Reply.HEARTBEAT, None))

    heartbeat.listen(send_heartbeat)
    reply = call_safely(lambda: set_up(argument))
    connection.send((Reply.READY, None) if reply[0] is Reply.RESULT else reply)
    with contextlib.suppress(EOFError):  # the pool is gone
        while reply[0] is not Reply.FAILURE and (call := connection.recv()) is not None:
            fn, args, kwargs = call
            reply = call_safely(lambda: fn(*args, **kwargs))  # noqa: B023 - called at once
            connection.send(reply)


def call_safely(call: Callable[[], Any]) -> tuple[Reply, Any]:
    """Make a call; return its result, or what it raised, as a reply and its content."""
    try:
        return Reply.RESULT, call()
    except WorldModelsError as error:
        return Reply.USER_ERROR, error
    except Exception as error:
        # One line with the place; the traceback stays in this process.
        trace, place = error.__traceback__, ""
        while trace is not None:
            place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
            trace = trace.tb_next
        cause = f"raised {type(error).__name__} at {place}: {error}"
        return Reply.FAILURE, " ".join(cause.split())


class Worker:
    """The pool's handle on a worker process, which it starts.

    Attributes:
        ready: the worker is set up.
        unit: the unit that it works on, if any.
        seconds_silent: seconds without a sign of life while it starts or has work.
    """

    def __init__(self, set_up: Callable[[Any], None], argument: Any) -> None:
        # spawn: a forked child would inherit locks that PyTorch's and the engines' threads hold.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=serve, args=(theirs, os.getpid(), set_up, argument), name="worker"
        )
        self.process.start()
        theirs.close()
        self.pid = self.process.pid
        self.ready, self.unit = False, None  # type: bool, Any
        self.seconds_silent = 0.0

    def send_call(self, unit: Any) -> None:
        """Send a unit's call. If the worker has died meanwhile, `receive` reports it."""
        self.unit, self.seconds_silent = unit, 0.0
        with contextlib.suppress(OSError):
            self.connection.send(unit.call)

    def receive(self) -> tuple[Reply, Any]:
        """Return the message that has arrived; the end of the process counts as a failure."""
        self.seconds_silent = 0.0
        try:
            reply, content = self.connection.recv()
        except (EOFError, OSError):
            self.process.join(EXIT_TIMEOUT)
            code = self.process.exitcode
            if code is not None and code < 0:
                return Reply.FAILURE, f"was killed by {signal.Signals(-code).name}"
            return Reply.FAILURE, f"exited with status {code}"
        return reply, content

    def add_silence(self, seconds: float) -> None:
        """Add to the seconds of silence, unless the worker is idle."""
        idle = self.ready and self.unit is None
        self.seconds_silent = 0.0 if idle else self.seconds_silent + seconds

    def stop(self, now: bool) -> None:
        """Ask the worker to close its engines and exit; kill it if `now` or still starting."""
        if now or not self.ready:
            self.process.kill()
        with contextlib.suppress(OSError):
            self.connection.send(None)

    def join(self, timeout: float = 0.0) -> None:
        """Wait for the process to end; kill it after `timeout` seconds."""
        self.process.join(timeout)
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.process.close()
        self.connection.close()
