"""Play episodes in this process or in others, behind one Executor."""

import multiprocessing.util
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any, Protocol

import torch

from world_models.execution.executor import ExecutionOptions, start_executor
from world_models.play.actors import Actor
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.tasks.contract import VectorEnvironment


class Spec(Protocol):
    """What a worker needs in order to play; it is sent to other processes."""

    def build(self) -> tuple[Actor, VectorEnvironment]:
        """Load the actor and start the environments; the caller closes them."""
        ...


_played: tuple[Any, VectorEnvironment] | None = None


def start_workers(spec: Spec, options: ExecutionOptions) -> Executor:
    """Return an executor whose workers are set up to play units of work as `spec` says."""
    return start_executor(set_up, spec, tear_down, options)


def set_up(spec: Spec) -> None:
    """Make this process a worker: one thread, and the actor and environments of `spec`."""
    global _played
    torch.set_num_threads(1)
    _played = spec.build()
    # multiprocessing's own clean-up: its child processes don't run atexit handlers
    multiprocessing.util.Finalize(None, tear_down, exitpriority=10)


def tear_down() -> None:
    """Close this worker's environments."""
    global _played
    if _played is not None:
        _played[1].close()
        _played = None


def played() -> tuple[Any, VectorEnvironment]:
    """Return this worker's actor and environments, as its spec built them."""
    assert _played is not None, "set_up has not run in this process"
    return _played


def play_unit(assignments: Sequence[Assignment]) -> list[Episode]:
    """Play one unit of work in this worker."""
    return play(*played(), assignments)
