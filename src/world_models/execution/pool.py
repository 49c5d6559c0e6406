"""Worker processes that are replaced when they are killed, hang or raise.

The interface is `concurrent.futures.Executor`'s, so that a cluster's client can take its place.
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
from world_models.execution.heartbeat import check_interval
from world_models.execution.retry import RetryPolicy
from world_models.execution.running_time import RunningTime
from world_models.execution.worker import EXIT_TIMEOUT, Reply, Worker
from world_models.stage.log import LOG


@dataclass
class Unit:
    """A call to make, the future that waits for it, and how often it has failed."""

    number: int
    call: tuple[Any, ...]
    future: "Future[Any]" = field(default_factory=Future)
    failures: int = 0


class Pool(Executor):
    """Makes calls in worker processes.

    Args:
        size: most workers at a time; they start when there is work for them.
        set_up: called with `argument` in each new worker, before any other call.
        retry_policy: when a worker counts as failed, and how often work is tried.

    A future's exception is a WorldModelsError: the one that its call or `set_up` raised (a user's
    mistake is not retried), or one that names the cause of the last failure.
    """

    def __init__(
        self, size: int, set_up: Callable[[Any], None], argument: Any, retry_policy: RetryPolicy
    ) -> None:
        self.size, self.set_up, self.argument = size, set_up, argument
        self.retry_policy = retry_policy
        self.lock = threading.Lock()
        self.waiting: deque[Unit] = deque()
        self.workers: list[Worker] = []
        self.submitted = self.failed_starts = 0
        self.closing = self.aborting = False
        self.broken: WorldModelsError | None = None
        self.wake_receiver, self.wake_sender = multiprocessing.Pipe(duplex=False)
        self.thread = threading.Thread(target=self._supervise, name="pool", daemon=True)
        self.thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run `fn` in a worker, and again in another one if that fails."""
        with self.lock:
            if self.closing:
                raise RuntimeError("the pool is shut down")
            self.submitted += 1
            unit = Unit(self.submitted, (fn, args, kwargs))
            if self.broken is not None:
                unit.future.set_exception(self.broken)
            else:
                self.waiting.append(unit)
        self._wake_supervisor()
        return unit.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers once their work is done; `cancel_futures` drops waiting calls."""
        with self.lock:
            self.closing = True
            if cancel_futures:
                while self.waiting:
                    self.waiting.popleft().future.cancel()
        self._wake_supervisor()
        if wait:
            self.thread.join()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Shut down; after an error or an interruption at once, without finishing any work."""
        self.aborting = kind is not None
        self.shutdown(cancel_futures=self.aborting)

    def _wake_supervisor(self) -> None:
        with contextlib.suppress(OSError):  # the supervisor has ended already
            self.wake_sender.send(None)

    def _supervise(self) -> None:
        # Ctrl-C is for the main thread; the workers inherit this mask.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        hung_after = self.retry_policy.hung_after
        time = RunningTime(check_interval(hung_after))
        try:
            while not self._finished():
                self._assign_work()
                self._receive_replies(time.interval)
                passed = time.tick()
                for worker in list(self.workers):
                    worker.add_silence(passed)
                    if worker.seconds_silent > hung_after:
                        self._replace(worker, f"made no step for {hung_after:g} s")
        except BaseException as error:
            self._fail_all(WorldModelsError(f"the workers' supervisor failed ({error!r})"))
            raise
        finally:
            self.wake_receiver.close()
            for worker in self.workers:
                worker.stop(self.aborting)
            for worker in self.workers:
                worker.join(EXIT_TIMEOUT)

    def _finished(self) -> bool:
        with self.lock:
            busy = self.waiting or any(worker.unit is not None for worker in self.workers)
            return self.closing and (self.aborting or not busy)

    def _assign_work(self) -> None:
        """Send waiting units to idle workers; start workers for the units that remain."""
        for worker in self.workers:
            if worker.ready and worker.unit is None and (unit := self._next_unit()) is not None:
                worker.send_call(unit)
        starting = sum(not worker.ready for worker in self.workers)
        while len(self.workers) < self.size and len(self.waiting) > starting:
            self.workers.append(Worker(self.set_up, self.argument))
            starting += 1

    def _next_unit(self) -> Unit | None:
        with self.lock:
            while self.waiting:
                unit = self.waiting.popleft()
                if unit.failures or unit.future.set_running_or_notify_cancel():
                    return unit
        return None

    def _receive_replies(self, timeout: float) -> None:
        """Wait for messages, `timeout` seconds at most, and act on them."""
        connections: list[Connection] = [worker.connection for worker in self.workers]
        for connection in wait([self.wake_receiver, *connections], timeout):
            if connection is self.wake_receiver:
                self.wake_receiver.recv()
            else:
                self._receive(next(w for w in self.workers if w.connection is connection))

    def _receive(self, worker: Worker) -> None:
        reply, content = worker.receive()
        if reply is Reply.READY:
            worker.ready, self.failed_starts = True, 0
        elif reply is Reply.RESULT and worker.unit is not None:
            worker.unit.future.set_result(content)
            worker.unit = None
        elif reply is Reply.USER_ERROR:
            if worker.unit is None:
                self._fail_all(content)
            else:
                worker.unit.future.set_exception(content)
                worker.unit = None
        elif reply is Reply.FAILURE:
            self._replace(worker, content)

    def _replace(self, worker: Worker, cause: str) -> None:
        """End a failed worker; queue its unit again, or give up."""
        worker.join()
        self.workers.remove(worker)
        unit, most, who = worker.unit, self.retry_policy.attempts, f"worker {worker.pid} {cause}"
        if unit is None and worker.ready:
            LOG.warning("%s between two units; replaced", who)
        elif unit is None:
            self.failed_starts += 1
            LOG.warning("%s while it started (failure %d of %d)", who, self.failed_starts, most)
            if self.failed_starts >= most:
                self._fail_all(WorldModelsError(
                    f"no worker starts: {self.failed_starts} attempts failed, the last one "
                    f"{cause}; fix that and run the same command again"
                ))  # fmt: skip
        else:
            unit.failures += 1
            LOG.warning(
                f"{who} in unit {unit.number} (failure {unit.failures} of {most} of this unit); "
                "replaced; the unit is repeated with the same seeds"
            )
            if unit.failures < most:
                with self.lock:
                    self.waiting.appendleft(unit)
            else:
                unit.future.set_exception(WorldModelsError(
                    f"unit {unit.number}: {unit.failures} workers failed at it, the last "
                    f"{cause}; fix that and run the same command again"
                ))  # fmt: skip

    def _fail_all(self, error: WorldModelsError) -> None:
        """Fail all work, present and future, with this exception."""
        with self.lock:
            self.broken = error
            units = list(self.waiting)
            self.waiting.clear()
        units += [worker.unit for worker in self.workers if worker.unit is not None]
        for worker in self.workers:
            worker.unit = None
        for unit in units:
            if not unit.future.done():
                unit.future.set_exception(error)
