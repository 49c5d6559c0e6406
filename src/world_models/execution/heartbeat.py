"""Signs of life: whoever plays says `beat()` at each step, and a supervisor may listen.

A worker's beats go to its pool (`controller.pool`), which replaces it when they stop. A stage that
plays in its own process has a `Watchdog`, which ends it then: engines can hang where no exception
reaches, and the same command goes on from there.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

HUNG_AFTER = 300.0  # seconds: far longer than any step, start of an engine or laying of a track

_listener: Callable[[], None] | None = None


def beat() -> None:
    """Say that a step is done. Costs next to nothing where nobody listens."""
    if _listener is not None:
        _listener()


def listen(listener: Callable[[], None] | None) -> None:
    """Call `listener` at each beat of this process from now on; None stops that."""
    global _listener
    _listener = listener


class Watchdog:
    """Ends this process, with one line that says why, when it makes no step for too long.

    Args:
        what: what is done, as a reader of the log would call it.
        seconds: how long to wait for a step; the first counts from the watchdog's creation.
        end: what ends the process.
    """

    def __init__(
        self, what: str, seconds: float = HUNG_AFTER, end: Callable[[int], None] = os._exit
    ) -> None:
        self.what, self.seconds, self.end = what, seconds, end
        self.last = time.monotonic()
        self.done = threading.Event()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        listen(self._step)

    def _step(self) -> None:
        self.last = time.monotonic()

    def _watch(self) -> None:
        while not self.done.wait(min(1.0, self.seconds / 4)):
            if time.monotonic() - self.last > self.seconds:
                said = (
                    f"{self.what}: no step for {self.seconds:g} s; stopped. Nothing finished is "
                    "lost: give the same command again"
                )
                logging.getLogger("world_models").error("error: %s", said)
                print(f"error: {said}", file=sys.stderr, flush=True)
                self.end(2)
                return

    def close(self) -> None:
        """Watch no longer."""
        self.done.set()
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
