"""Where episodes are played: in this process or in others, behind one Executor."""

import multiprocessing.util
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.agent import ControllerActor
from world_models.controller.spec import AgentSpec
from world_models.execution.executor import ExecutionOptions, start_executor
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.tasks.contract import VectorEnvironment

_played: tuple[ControllerActor, VectorEnvironment] | None = None


def set_up(spec: AgentSpec) -> None:
    """Make this process a worker: one thread, and the agent of `spec` in its environments."""
    global _played
    torch.set_num_threads(1)
    _played = spec.build()
    # multiprocessing's own clean-up: its children don't run atexit's
    multiprocessing.util.Finalize(None, tear_down, exitpriority=10)


def tear_down() -> None:
    """Close this worker's environments."""
    global _played
    if _played is not None:
        _played[1].close()
        _played = None


def play_unit(candidates: NDArray[np.float32], assignments: Sequence[Assignment]) -> list[Episode]:
    """Play one unit of work in this worker."""
    assert _played is not None, "set_up has not run in this process"
    actor, environments = _played
    actor.candidates = candidates
    return play(actor, environments, assignments)


def start_workers(spec: AgentSpec, options: ExecutionOptions) -> Executor:
    """Return an executor whose workers are set up to play units of `spec`."""
    return start_executor(set_up, spec, tear_down, options)


def play_all(
    executor: Executor,
    candidates: NDArray[np.float32],
    units: Sequence[Sequence[Assignment]],
    finished: Callable[[int], None] = lambda episodes: None,
) -> list[Episode]:
    """Play units of work and return their episodes in the order given.

    A unit is sent only its own candidates.

    Args:
        executor: from `start_workers`.
        candidates: shape (n, parameters); assignments refer to its rows.
        units: lists of assignments; a unit is played as a whole by one worker.
        finished: called with the number of episodes of each finished unit.
    """
    futures, told = [], 0
    for unit in units:
        rows = sorted({each.candidate for each in unit})
        place = {row: number for number, row in enumerate(rows)}
        local = [Assignment(place[each.candidate], each.seed) for each in unit]
        futures.append(executor.submit(play_unit, candidates[rows], local))
        if futures[told].done():  # played by `submit` itself, where this process is the worker
            finished(len(units[told]))
            told += 1
    episodes = []
    for number, (unit, future) in enumerate(zip(units, futures, strict=True)):
        played = future.result()
        if number >= told:
            finished(len(played))
        episodes += [
            replace(each, candidate=what.candidate) for what, each in zip(unit, played, strict=True)
        ]
    return episodes
