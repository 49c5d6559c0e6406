"""Decides when a cluster's scheduler ends, and which workers it drops.

Dask's own time-outs compare the clock with the time of the last message. When a whole job is
suspended and continued, they would count every worker as lost. So they are off
(`world_models.execution.cluster`), and this plugin watches instead, in the scheduler's running
time.
"""

from typing import Any

from distributed import Scheduler, SchedulerPlugin
from distributed.scheduler import heartbeat_interval
from tornado.ioloop import PeriodicCallback

from world_models.execution.running_time import RunningTime
from world_models.stage.log import LOG

CHECK_INTERVAL = 1.0  # seconds


class SchedulerWatch(SchedulerPlugin):
    """Ends the scheduler, and with it the workers, when nothing is left for it to do.

    That is when the client has left or never came, or when work waits but there is no worker. A
    silent task is removed, and another one repeats its calls.

    Args:
        start_timeout: seconds for the client and a first worker to connect.
        hung_after: seconds that work may wait when all workers are gone, and that a worker's task
            may be silent. (The pool in each task watches its own processes.)
    """

    def __init__(self, start_timeout: float, hung_after: float) -> None:
        self.start_timeout, self.hung_after = start_timeout, hung_after
        self.client_came = self.worker_came = self.ending = False
        self.without_client = self.without_workers = 0.0
        self.last_seen: dict[str, float] = {}
        self.silent: dict[str, float] = {}

    async def start(self, scheduler: Scheduler) -> None:
        """Begin to watch."""
        self.scheduler = scheduler
        # A tick counts for two intervals at most: the callback is often a little late.
        self.time = RunningTime(2 * CHECK_INTERVAL)
        self.checks = PeriodicCallback(self._check, 1000 * CHECK_INTERVAL)
        self.checks.start()

    async def close(self) -> None:
        """Stop watching."""
        self.checks.stop()

    def add_client(self, scheduler: Scheduler, client: str) -> None:
        """Note that the client has connected."""
        self.client_came = True

    def add_worker(self, scheduler: Scheduler, worker: str) -> None:
        """Note that a worker has connected."""
        self.worker_came = True

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """End, whatever the reason: without the client nothing is left to do."""
        self._end()

    def remove_worker(self, scheduler: Scheduler, worker: str, **more: Any) -> None:
        """Log the loss of a worker."""
        self.last_seen.pop(worker, None)
        self.silent.pop(worker, None)
        if not self.ending:
            LOG.warning("worker %s is lost; its units are being redone on other workers", worker)

    async def _check(self) -> None:
        passed = self.time.tick()
        if not self.client_came:
            self.without_client += passed
            if self.without_client > self.start_timeout:
                return self._end()
        scheduler = self.scheduler
        waiting = bool(scheduler.queued or scheduler.unrunnable) and not scheduler.running
        self.without_workers = self.without_workers + passed if waiting else 0.0
        limit = self.hung_after if self.worker_came else self.start_timeout
        if self.without_workers > limit:
            LOG.error("no worker for %g s; the job ends", limit)
            return self._end()
        await self._remove_silent_workers(passed)

    async def _remove_silent_workers(self, passed: float) -> None:
        workers = self.scheduler.workers
        # With many workers, each one reports less often.
        timeout = max(self.hung_after, 10 * heartbeat_interval(len(workers)))
        for address, worker in list(workers.items()):
            if self.last_seen.get(address) != worker.last_seen:
                self.last_seen[address], self.silent[address] = worker.last_seen, 0.0
                continue
            self.silent[address] = self.silent.get(address, 0.0) + passed
            if self.silent[address] > timeout:
                await self.scheduler.remove_worker(address=address, stimulus_id="scheduler-watch")

    def _end(self) -> None:
        self.ending = True
        self.scheduler.loop.add_callback(self.scheduler.close)
