"""What ends a cluster's scheduler, and which workers it gives up.

Dask's own time-outs compare the clock with the time of the last message. When a whole job is
suspended and continued, they would take every worker for lost. So they are off
(`world_models.execution.cluster`), and this plugin watches instead, in the scheduler's running
time.
"""

from typing import Any

from distributed import Scheduler, SchedulerPlugin
from tornado.ioloop import PeriodicCallback

from world_models.execution.running_time import RunningTime
from world_models.stage.log import LOG

CHECK_INTERVAL = 1.0  # seconds


class SchedulerWatch(SchedulerPlugin):
    """Ends the scheduler, and with it the workers, when nothing is left for it to do.

    That is: the client is gone or never came, or work waits and no worker is there. A worker from
    which nothing is heard is removed; its calls are made again by others.

    Args:
        start_timeout: seconds for the client to connect.
        no_workers_timeout: seconds for which work may wait without any worker.
        worker_timeout: seconds without a sign of life from a worker's task; its pool's own
            workers have another time-out. Dask's workers report at least every ten seconds.
    """

    def __init__(
        self, start_timeout: float, no_workers_timeout: float, worker_timeout: float = 300.0
    ) -> None:
        self.start_timeout, self.no_workers_timeout = start_timeout, no_workers_timeout
        self.worker_timeout = worker_timeout
        self.client_came = self.ending = False
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

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """End, for whatever reason the client left: without it nothing is left to do."""
        self._end()

    def remove_worker(self, scheduler: Scheduler, worker: str, **more: Any) -> None:
        """Log the loss of a worker."""
        self.silent.pop(worker, None)
        if not self.ending:
            LOG.warning("worker %s is lost; its units are done again elsewhere", worker)

    async def _check(self) -> None:
        passed = self.time.tick()
        if not self.client_came:
            self.without_client += passed
            if self.without_client > self.start_timeout:
                return self._end()
        scheduler = self.scheduler
        waiting = bool(scheduler.queued or scheduler.unrunnable) and not scheduler.running
        self.without_workers = self.without_workers + passed if waiting else 0.0
        if self.without_workers > self.no_workers_timeout:
            LOG.error("no worker for %g s; the job ends", self.no_workers_timeout)
            return self._end()
        await self._remove_silent_workers(passed)

    async def _remove_silent_workers(self, passed: float) -> None:
        for address, worker in list(self.scheduler.workers.items()):
            if self.last_seen.get(address) != worker.last_seen:
                self.last_seen[address], self.silent[address] = worker.last_seen, 0.0
                continue
            self.silent[address] = self.silent.get(address, 0.0) + passed
            if self.silent[address] > self.worker_timeout:
                await self.scheduler.remove_worker(address=address, stimulus_id="scheduler-watch")

    def _end(self) -> None:
        self.ending = True
        self.scheduler.loop.add_callback(self.scheduler.close)
