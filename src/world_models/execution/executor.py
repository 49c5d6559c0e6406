"""Which executor a command line asks for: this process, a pool of processes, or a cluster."""

import argparse
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from world_models.execution.heartbeat import add_hung_after
from world_models.execution.inline import InlineExecutor
from world_models.execution.pool import Pool
from world_models.execution.retry import RetryPolicy
from world_models.stage.log import start_log


@dataclass(frozen=True)
class ExecutionOptions:
    """Where calls run. No result depends on it.

    Attributes:
        workers: number of processes; on a cluster, in each task.
        retry_policy: when a worker counts as failed, and how often work is tried.
        cluster: the file by which the tasks of a cluster's job find one another; None on one
            machine.
        interface: network interface between the tasks; None uses the default route's.
    """

    workers: int = 1
    retry_policy: RetryPolicy = RetryPolicy()  # noqa: RUF009 - frozen
    cluster: Path | None = None
    interface: str | None = None


def add_execution_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `execution_options`."""
    parser.add_argument("--workers", type=int, default=1, help="processes that play episodes")
    add_hung_after(parser)
    parser.add_argument(
        "--attempts", type=int, default=RetryPolicy.attempts,
        help="failures of the same work that end the stage (default %(default)d)",
    )  # fmt: skip
    parser.add_argument(
        "--cluster", type=Path, metavar="FILE",
        help="for a command that all tasks of a cluster's job run: play in all of them; they find "
        "one another by this file, which must not exist yet, in a folder that all of them see",
    )  # fmt: skip
    parser.add_argument("--interface", help="network interface between the tasks, e.g. ib0")


def execution_options(args: argparse.Namespace) -> ExecutionOptions:
    """Return the options of a command line with `add_execution_options`."""
    retry_policy = RetryPolicy(args.hung_after, args.attempts)
    return ExecutionOptions(args.workers, retry_policy, args.cluster, args.interface)


def start_executor(
    set_up: Callable[[Any], None],
    argument: Any,
    tear_down: Callable[[], None],
    options: ExecutionOptions,
) -> Executor:
    """Start an executor whose workers have called `set_up(argument)`.

    Args:
        set_up: turns a process into a worker; it and `argument` are sent to other processes.
        tear_down: undoes `set_up`. Only called if this process is the worker: in other processes
            `set_up` must register its own clean-up.
        options: where calls run. A single worker is this process itself.

    Returns:
        the executor. In a cluster's job only one task returns; the others serve it, then exit.
    """
    retry_policy = options.retry_policy
    set_up_worker = partial(_set_up_worker, set_up)
    if options.cluster is not None:
        # Imported only here: it takes a second, and replaces SIGINT's handler.
        from world_models.execution.cluster import start_cluster

        return start_cluster(
            options.cluster, options.interface, options.workers, set_up_worker, argument,
            retry_policy,
        )  # fmt: skip
    if options.workers == 1:
        return InlineExecutor(set_up, argument, tear_down, retry_policy)
    return Pool(options.workers, set_up_worker, argument, retry_policy)


def _set_up_worker(set_up: Callable[[Any], None], argument: Any) -> None:
    start_log(None)  # to stderr: the log file belongs to the stage
    set_up(argument)
