"""Episodes played by all tasks of a cluster's job, behind the Executor that the local pool is.

All tasks run the same command. The first becomes Dask's scheduler, the second its client, which
alone goes on with the stage; each other one is a Dask worker that hands its calls to a local pool.
So a call runs in the same kind of process as on one machine, and gives the same result.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from functools import partial
from pathlib import Path
from typing import Any

import dask
from dask_jobqueue.slurm import SLURMRunner
from distributed import Client, Scheduler, SchedulerPlugin
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from world_models.errors import WorldModelsError
from world_models.execution.pool import Pool, RetryPolicy
from world_models.execution.progress import LOG
from world_models.execution.rendezvous import LATE, Rendezvous, announce, credentials, find
from world_models.stage.command import start_log

AGAIN = "nothing finished is lost: give the same command again"
GONE = (CancelledError, CommClosedError, TimeoutError, OSError)

_pool: Pool | None = None


def start_tasks(
    meeting: Path,
    interface: str | None,
    size: int,
    set_up: Callable[[Any], None],
    argument: Any,
    patience: RetryPolicy,
) -> Executor:
    """Take this task's role; return the executor in the client, end the process in the others.

    Args:
        meeting: file by which the job's tasks find one another.
        interface: network interface between them; None takes the one that packets leave by.
        size: processes in each task that plays.
        set_up, argument, patience: as for `Pool`.
    """
    logging.getLogger("distributed").setLevel(logging.ERROR)
    # It prints a traceback for each call that is dropped when the client gives up.
    logging.getLogger("tornado.application").setLevel(logging.CRITICAL)
    dask.config.set(
        {
            "distributed.scheduler.allowed-failures": patience.attempts - 1,
            "distributed.scheduler.no-workers-timeout": f"{patience.hung_after:g}s",
            # A unit is long: none waits at a worker while another one is idle.
            "distributed.scheduler.worker-saturation": 1.0,
            "distributed.scheduler.active-memory-manager.start": False,
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
            "distributed.worker.profile.enabled": False,
            "distributed.comm.timeouts.connect": "60s",
        }
    )
    tasks = Tasks(meeting, interface, size, partial(Pool, size, set_up, argument, patience))
    assert tasks.found is not None, "only the client comes here"
    client = Client(tasks.found.address, security=tasks.found.security(), set_as_default=False)
    LOG.info("%d tasks of %d processes play", tasks.n_workers, size)
    return Cluster(client)


class Tasks(SLURMRunner):  # type: ignore[misc]
    """Gives each task of a SLURM job its role; the scheduler and the workers never return.

    Attributes:
        found: what the client read in the meeting's file.
    """

    def __init__(
        self, meeting: Path, interface: str | None, size: int, make_pool: Callable[[], Pool]
    ) -> None:
        self.meeting, self.make_pool = meeting, make_pool
        self.found: Rendezvous | None = None
        here = {"interface": interface, "dashboard_address": "127.0.0.1:0"}
        scheduler = {**here, "plugins": (EndsWithClient(),)}
        worker = {**here, "nthreads": size, "memory_limit": 0, "death_timeout": LATE}
        super().__init__(
            scheduler_file=str(meeting), scheduler_options=scheduler, worker_options=worker
        )

    async def get_role(self) -> Any:
        """Return the role. The runner's own scheduler file is neither private nor atomic."""
        self.scheduler_options.pop("scheduler_file")
        self.worker_options.pop("scheduler_file")
        return await super().get_role()

    async def before_scheduler_start(self) -> None:
        """Make the job's credentials."""
        start_log(None)  # the log file is the client's
        self.certificate, self.key = credentials()
        self.scheduler_options["security"] = Rendezvous("", self.certificate, self.key).security()

    async def set_scheduler_address(self, scheduler: Scheduler) -> None:
        """Announce the meeting."""
        announce(self.meeting, Rendezvous(scheduler.address, self.certificate, self.key))

    async def get_scheduler_address(self) -> str:
        """Wait for the meeting's file."""
        self.found = await asyncio.to_thread(find, self.meeting)
        self.worker_options["security"] = self.found.security()
        return self.found.address

    async def before_client_start(self) -> None:
        """Forget the runner's connection, which has no credentials."""
        self.scheduler_comm = None

    async def before_worker_start(self) -> None:
        """Have a pool for the calls that come."""
        global _pool
        start_log(None)
        _pool = self.make_pool()

    async def start_worker(self) -> None:
        """Be a worker to the end; the pool ends with it."""
        try:
            await super().start_worker()
        finally:
            if _pool is not None:
                _pool.__exit__(SystemExit, None, None)


class EndsWithClient(SchedulerPlugin):
    """Ends the scheduler, and with it the workers, when the client is gone or never comes."""

    def __init__(self) -> None:
        self.came = self.ending = False

    async def start(self, scheduler: Scheduler) -> None:
        """Allow the client some time."""
        self.scheduler = scheduler
        scheduler.loop.call_later(LATE, self._missed)

    def add_client(self, scheduler: Scheduler, client: str) -> None:
        """Note that it came."""
        self.came = True

    def remove_client(self, scheduler: Scheduler, client: str) -> None:
        """End, however the client went: without it nothing is left to do."""
        self.ending = True
        scheduler.loop.add_callback(scheduler.close)

    def remove_worker(self, scheduler: Scheduler, worker: str, **more: Any) -> None:
        """Say that one is lost."""
        if not self.ending:
            LOG.warning("worker %s is lost; its units are done again elsewhere", worker)

    def _missed(self) -> None:
        if not self.came:
            self.scheduler.loop.add_callback(self.scheduler.close)


class Cluster(Executor):
    """Calls go to the job's workers; those of a lost worker are made again by another one."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.calls = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Have `fn` called in a pool of one of the tasks."""
        answer: Future[Any] = Future()
        try:
            call = self.calls.submit(call_in_pool, fn, args, kwargs)
        except (*GONE, RuntimeError) as error:
            answer.set_exception(lost(error))
        else:
            call.add_done_callback(partial(_pass_on, answer))
        return answer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave; the scheduler and the workers follow."""
        self.client.close(timeout=10)


def call_in_pool(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Call `fn` in this task's pool."""
    assert _pool is not None, "this task is no worker"
    return _pool.submit(fn, *args, **kwargs).result()


def lost(error: BaseException) -> WorldModelsError:
    """Say what became of the cluster."""
    if isinstance(error, KilledWorker):
        return WorldModelsError(
            f"{error.allowed_failures + 1} workers were lost at the same unit, the last on "
            f"{error.last_worker.address}; see the job's log for why; {AGAIN}"
        )
    return WorldModelsError(f"the cluster is gone ({type(error).__name__}: {error}); {AGAIN}")


def _pass_on(answer: "Future[Any]", call: "Future[Any]") -> None:
    error = CancelledError("scheduler lost") if call.cancelled() else call.exception()
    if error is None:
        answer.set_result(call.result())
    else:
        answer.set_exception(error if isinstance(error, WorldModelsError) else lost(error))
