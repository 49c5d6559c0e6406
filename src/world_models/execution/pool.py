"""Worker processes that are replaced when they are killed, hang or raise.

The interface is `concurrent.futures.Executor`'s, so that a cluster's client can stand in its place.
A thread supervises the workers; it owns all of their state.
"""

import contextlib
import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any

from world_models.errors import WorldModelsError
from world_models.execution.heartbeat import HUNG_AFTER
from world_models.execution.progress import LOG
from world_models.execution.worker import FAREWELL, Answer, Worker


@dataclass(frozen=True)
class RetryPolicy:
    """How much a pool bears. No result depends on it.

    Attributes:
        hung_after: seconds without a step after which a worker is replaced.
        attempts: failures of the same work, whatever their kind, after which the stage stops.
        renew_after: units after which a worker makes room for a new one: engines leak (EnvPool some
            25 KB an episode), and a new worker costs seconds against their minutes. None: never.
    """

    hung_after: float = HUNG_AFTER
    attempts: int = 3
    renew_after: int | None = 10


@dataclass
class Unit:
    """A call to make, the future that waits for it, and how often it failed."""

    number: int
    call: tuple[Any, ...]
    future: "Future[Any]" = field(default_factory=Future)
    failures: int = 0


class Pool(Executor):
    """Runs calls in worker processes.

    Args:
        size: how many workers; they start as there is work for them.
        set_up: called with `argument` in each new worker, before any other call.
        patience: see there.

    A future's exception is a WorldModelsError: the one that its call or `set_up` raised (a user's
    mistake is not tried again), or one that tells the cause of the last failure.
    """

    def __init__(
        self, size: int, set_up: Callable[[Any], None], argument: Any, patience: RetryPolicy
    ) -> None:
        self.size, self.set_up, self.argument, self.patience = size, set_up, argument, patience
        self.lock = threading.Lock()
        self.waiting: deque[Unit] = deque()
        self.workers: list[Worker] = []
        self.leaving: list[Worker] = []
        self.submitted = self.failed_starts = 0
        self.closing = self.hurry = False
        self.broken: WorldModelsError | None = None
        self.hears, self.bell = multiprocessing.Pipe(duplex=False)
        self.thread = threading.Thread(target=self._supervise, name="pool", daemon=True)
        self.thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Have `fn` called in a worker, again in another one if that fails."""
        with self.lock:
            if self.closing:
                raise RuntimeError("the pool is shut down")
            self.submitted += 1
            unit = Unit(self.submitted, (fn, args, kwargs))
            if self.broken is not None:
                unit.future.set_exception(self.broken)
            else:
                self.waiting.append(unit)
        self._ring()
        return unit.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers, after what they do; `cancel_futures` drops what waits."""
        with self.lock:
            self.closing = True
            if cancel_futures:
                while self.waiting:
                    self.waiting.popleft().future.cancel()
        self._ring()
        if wait:
            self.thread.join()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Shut down; after an error or an interruption at once, amid the workers' work."""
        self.hurry = kind is not None
        self.shutdown(cancel_futures=self.hurry)

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # the supervisor has left already
            self.bell.send(None)

    def _supervise(self) -> None:
        # Ctrl-C is for the main thread; the workers inherit that it isn't for them.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            while not self._finished():
                self._employ()
                links: list[Connection] = [worker.link for worker in self.workers]
                patience = min(1.0, self.patience.hung_after / 4)
                for link in wait([self.hears, *links], patience):
                    if link is self.hears:
                        self.hears.recv()
                    else:
                        self._hear(next(each for each in self.workers if each.link is link))
                for worker in list(self.workers):
                    if worker.silence() > self.patience.hung_after:
                        self._lose(worker, f"made no step for {self.patience.hung_after:g} s")
        except BaseException as error:
            self._break(WorldModelsError(f"the workers' supervisor failed ({error!r})"))
            raise
        finally:
            self.hears.close()
            for worker in self.workers:
                worker.dismiss(self.hurry)
            for worker in [*self.workers, *self.leaving]:
                worker.end(FAREWELL)

    def _finished(self) -> bool:
        with self.lock:
            busy = self.waiting or any(worker.unit is not None for worker in self.workers)
            return self.closing and (self.hurry or not busy)

    def _employ(self) -> None:
        """Give waiting units to idle workers; hire while there is more work than workers."""
        for worker in self.workers:
            if worker.ready and worker.unit is None and (unit := self._next()) is not None:
                worker.give(unit)
        starting = sum(not worker.ready for worker in self.workers)
        while len(self.workers) < self.size and len(self.waiting) > starting:
            self.workers.append(Worker(self.set_up, self.argument))
            starting += 1

    def _next(self) -> Unit | None:
        with self.lock:
            while self.waiting:
                unit = self.waiting.popleft()
                if unit.failures or unit.future.set_running_or_notify_cancel():
                    return unit
        return None

    def _hear(self, worker: Worker) -> None:
        answer, content = worker.hear()
        if answer is Answer.READY:
            worker.ready, self.failed_starts = True, 0
        elif answer is Answer.DONE and worker.unit is not None:
            worker.unit.future.set_result(content)
            worker.unit = None
            worker.done += 1
            if worker.done == self.patience.renew_after:
                self._renew(worker)
        elif answer is Answer.MISTAKE:
            if worker.unit is None:
                self._break(content)
            else:
                worker.unit.future.set_exception(content)
                worker.unit = None
        elif answer is Answer.FAILED:
            self._lose(worker, content)

    def _renew(self, worker: Worker) -> None:
        """Let a worker go that has done its share; see off those that have left."""
        for old in [each for each in self.leaving if not each.process.is_alive()]:
            old.end()
            self.leaving.remove(old)
        self.workers.remove(worker)
        worker.dismiss(False)
        self.leaving.append(worker)

    def _lose(self, worker: Worker, cause: str) -> None:
        """Replace a worker; have its work done again, or give up."""
        worker.end()
        self.workers.remove(worker)
        unit, most, who = worker.unit, self.patience.attempts, f"worker {worker.pid} {cause}"
        if unit is None and worker.ready:
            LOG.warning("%s between two units; replaced", who)
        elif unit is None:
            self.failed_starts += 1
            LOG.warning("%s while it started (failure %d of %d)", who, self.failed_starts, most)
            if self.failed_starts >= most:
                self._break(WorldModelsError(
                    f"no worker starts: {self.failed_starts} failed, the last {cause}; mend that "
                    "and give the same command again"
                ))  # fmt: skip
        else:
            unit.failures += 1
            LOG.warning(
                f"{who} in unit {unit.number} (failure {unit.failures} of {most} of this unit); "
                "replaced, the unit is done again with the same seeds"
            )
            if unit.failures < most:
                with self.lock:
                    self.waiting.appendleft(unit)
            else:
                unit.future.set_exception(WorldModelsError(
                    f"unit {unit.number}: {unit.failures} workers failed at it, the last "
                    f"{cause}; mend that and give the same command again"
                ))  # fmt: skip

    def _break(self, error: WorldModelsError) -> None:
        with self.lock:
            self.broken = error
            waiting = list(self.waiting)
            self.waiting.clear()
        waiting += [worker.unit for worker in self.workers if worker.unit is not None]
        for worker in self.workers:
            worker.unit = None
        for unit in waiting:
            if not unit.future.done():
                unit.future.set_exception(error)
