"""Where episodes are played: in this process or in others, behind one Executor."""

import argparse
import multiprocessing.util
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.agent import ControllerActor
from world_models.controller.spec import AgentSpec
from world_models.execution.inline import InlineExecutor
from world_models.execution.pool import Pool, RetryPolicy
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.stage.command import add_hung_after, start_log
from world_models.tasks.contract import VectorEnvironment

DEFAULT_RETRY = RetryPolicy()


ArenaRecipe = AgentSpec  # the name by which the functions below know it

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


def start_workers(
    recipe: ArenaRecipe,
    workers: int,
    patience: RetryPolicy = DEFAULT_RETRY,
    cluster: Path | None = None,
    interface: str | None = None,
) -> Executor:
    """Return an executor whose workers are set up to play units of `recipe`.

    Args:
        recipe: what they play on.
        workers: how many processes; one worker is this process itself.
        patience: when a worker is given up.
        cluster: this is one task of a cluster's job, and each task has its own workers; the file
            by which the tasks meet. Only one task returns.
        interface: network interface between the tasks.
    """
    if recipe.temperature is not None:  # a dream leaks nothing, and its units take seconds
        patience = replace(patience, renew_after=None)
    if cluster is not None:
        # Here, for whoever plays on one machine: it takes a second, and a signal's handler.
        from world_models.execution.cluster import start_tasks

        return start_tasks(cluster, interface, workers, _worker, recipe, patience)
    if workers == 1 and (recipe.reference or recipe.temperature is not None):
        return InlineExecutor(set_up, recipe, tear_down, patience)
    # Even a single worker is a process where engines leak: the pool renews it.
    return Pool(workers, _worker, recipe, patience)


def start_executor(recipe: ArenaRecipe, args: argparse.Namespace) -> Executor:
    """Return the executor that a command line with `add_options` asks for."""
    patience = RetryPolicy(args.hung_after, args.attempts)
    return start_workers(recipe, args.workers, patience, args.cluster, args.interface)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how many workers play, and what the stage bears of them."""
    parser.add_argument("--workers", type=int, default=1, help="processes that play episodes")
    add_hung_after(parser)
    parser.add_argument(
        "--attempts", type=int, default=DEFAULT_RETRY.attempts,
        help="failures of the same work that end the stage (default %(default)d)",
    )  # fmt: skip
    parser.add_argument(
        "--cluster", type=Path, metavar="FILE",
        help="for one command run by all tasks of a cluster's job: play in all of them; they meet "
        "by this file, not there yet, in a folder that all see",
    )  # fmt: skip
    parser.add_argument("--interface", help="network interface between the tasks, e.g. ib0")


def _worker(recipe: ArenaRecipe) -> None:
    start_log(None)
    set_up(recipe)


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
            Episode(what.candidate, each.seed, each.steps, each.score, each.end)
            for what, each in zip(unit, played, strict=True)
        ]
    return episodes
