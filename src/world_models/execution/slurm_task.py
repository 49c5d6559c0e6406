"""The role of each task in a cluster's job: Dask's scheduler, its client, or one of its workers."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dask_jobqueue.slurm import SLURMRunner
from distributed import Scheduler

from world_models.execution.pool import Pool
from world_models.execution.rendezvous import (
    START_TIMEOUT,
    Rendezvous,
    make_credentials,
    wait_for_rendezvous,
    write_rendezvous,
)
from world_models.execution.scheduler_watch import SchedulerWatch
from world_models.stage.log import start_log

_pool: Pool | None = None


class SlurmTask(SLURMRunner):  # type: ignore[misc]
    """Runs this task's role; only in the client does the constructor return.

    Args:
        path: the rendezvous file.
        interface: network interface between the tasks; None uses the default route's.
        size: processes in each worker's pool.
        make_pool: starts that pool.
        hung_after: seconds without a sign of life after which a worker counts as lost.

    Attributes:
        rendezvous: the file's content, as the client read it.
    """

    def __init__(
        self,
        path: Path,
        interface: str | None,
        size: int,
        make_pool: Callable[[], Pool],
        hung_after: float,
    ) -> None:
        self.path, self.make_pool = path, make_pool
        self.rendezvous: Rendezvous | None = None
        common = {"interface": interface, "dashboard_address": "127.0.0.1:0"}
        watch = SchedulerWatch(START_TIMEOUT, hung_after)
        scheduler = {**common, "plugins": (watch,)}
        worker = {**common, "nthreads": size, "memory_limit": 0, "death_timeout": START_TIMEOUT}
        super().__init__(
            scheduler_file=str(path), scheduler_options=scheduler, worker_options=worker
        )

    async def get_role(self) -> Any:
        """Return the role; skip the runner's own scheduler file, neither private nor atomic."""
        self.scheduler_options.pop("scheduler_file")
        self.worker_options.pop("scheduler_file")
        return await super().get_role()

    async def before_scheduler_start(self) -> None:
        """Make the job's credentials."""
        start_log(None)  # the log file belongs to the client
        self.certificate, self.key = make_credentials()
        self.scheduler_options["security"] = Rendezvous("", self.certificate, self.key).security()

    async def set_scheduler_address(self, scheduler: Scheduler) -> None:
        """Write the rendezvous file."""
        write_rendezvous(self.path, Rendezvous(scheduler.address, self.certificate, self.key))

    async def get_scheduler_address(self) -> str:
        """Wait for the rendezvous file."""
        self.rendezvous = await asyncio.to_thread(wait_for_rendezvous, self.path)
        self.worker_options["security"] = self.rendezvous.security()
        return self.rendezvous.address

    async def before_client_start(self) -> None:
        """Drop the runner's connection, which has no credentials."""
        self.scheduler_comm = None

    async def before_worker_start(self) -> None:
        """Start the pool that runs this worker's calls."""
        global _pool
        start_log(None)
        _pool = self.make_pool()

    async def start_worker(self) -> None:
        """Serve as a worker until the scheduler ends, then end the pool."""
        try:
            await super().start_worker()
        finally:
            if _pool is not None:
                _pool.__exit__(SystemExit, None, None)


def call_in_pool(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call `fn` in this task's pool."""
    assert _pool is not None, "this task is not a worker"
    return _pool.submit(fn, *args, **kwargs).result()
