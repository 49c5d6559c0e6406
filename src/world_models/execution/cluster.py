"""An executor over all tasks of a cluster's job, with the interface of the local pool.

All tasks run the same command. The first becomes Dask's scheduler. The second becomes its client
and alone continues with the stage. Every other task is a Dask worker that hands its calls to a
local pool. So a call runs in the same kind of process as on one machine, and gives the same result.
"""

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from functools import partial
from pathlib import Path
from typing import Any

import dask
from distributed import Client
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from world_models.errors import WorldModelsError
from world_models.execution.pool import Pool
from world_models.execution.retry import RetryPolicy
from world_models.execution.slurm_task import SlurmTask, call_in_pool
from world_models.stage.log import LOG

CONTINUE = "nothing finished is lost: run the same command again"
CONNECTION_ERRORS = (CancelledError, CommClosedError, TimeoutError, OSError)


def start_cluster(
    path: Path,
    interface: str | None,
    size: int,
    set_up: Callable[[Any], None],
    argument: Any,
    retry_policy: RetryPolicy,
) -> Executor:
    """Take this task's role; return the executor in the client, end the process in the others.

    Args:
        path: the file by which the job's tasks find one another.
        interface: network interface between the tasks; None uses the default route's.
        size: processes in each worker's pool.
        set_up, argument, retry_policy: as for `Pool`.
    """
    logging.getLogger("distributed").setLevel(logging.ERROR)
    # Tornado prints a traceback for each call that is dropped when the client gives up.
    logging.getLogger("tornado.application").setLevel(logging.CRITICAL)
    dask.config.set(
        {
            "distributed.scheduler.allowed-failures": retry_policy.attempts - 1,
            # `SchedulerWatch` replaces these two and counts running time only, so a suspended job
            # loses no worker.
            "distributed.scheduler.no-workers-timeout": None,
            "distributed.scheduler.worker-ttl": None,
            # Units are long: none may queue at one worker while another is idle.
            "distributed.scheduler.worker-saturation": 1.0,
            "distributed.scheduler.active-memory-manager.start": False,
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
            "distributed.worker.profile.enabled": False,
            "distributed.comm.timeouts.connect": "60s",
        }
    )
    make_pool = partial(Pool, size, set_up, argument, retry_policy)
    task = SlurmTask(path, interface, size, make_pool, retry_policy.hung_after)
    found = task.rendezvous
    assert found is not None, "only the client gets here"
    client = Client(found.address, security=found.security(), set_as_default=False)
    LOG.info("playing on %d tasks with %d processes each", task.n_workers, size)
    return ClusterExecutor(client)


class ClusterExecutor(Executor):
    """Sends calls to the job's workers; another worker repeats the calls of a lost one."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.calls = client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run `fn` in the pool of one of the tasks."""
        future: Future[Any] = Future()
        try:
            call = self.calls.submit(call_in_pool, fn, args, kwargs)
        except (*CONNECTION_ERRORS, RuntimeError) as error:
            future.set_exception(cluster_error(error))
        else:
            call.add_done_callback(partial(_copy_outcome, future))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Disconnect; the scheduler and the workers then end."""
        self.client.close(timeout=10)


def cluster_error(error: BaseException) -> WorldModelsError:
    """Return a one-line error that says what happened to the cluster."""
    if isinstance(error, KilledWorker):
        return WorldModelsError(
            f"{error.allowed_failures + 1} workers were lost at the same unit, the last on "
            f"{error.last_worker.address}; see the job's log for why; {CONTINUE}"
        )
    return WorldModelsError(f"the cluster is gone ({type(error).__name__}: {error}); {CONTINUE}")


def _copy_outcome(future: "Future[Any]", call: "Future[Any]") -> None:
    error = CancelledError("scheduler lost") if call.cancelled() else call.exception()
    if error is None:
        future.set_result(call.result())
    else:
        future.set_exception(error if isinstance(error, WorldModelsError) else cluster_error(error))
