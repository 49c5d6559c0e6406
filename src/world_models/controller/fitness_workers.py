"""Candidates' episodes, played by workers; each worker is sent only the candidates it plays."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from world_models.controller.agent import ControllerActor
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.play.workers import played


def play_unit(candidates: NDArray[np.float32], assignments: Sequence[Assignment]) -> list[Episode]:
    """Play one unit of work in this worker."""
    actor: ControllerActor
    actor, environments = played()
    actor.candidates = candidates
    return play(actor, environments, assignments)


def play_all(
    executor: Executor,
    candidates: NDArray[np.float32],
    units: Sequence[Sequence[Assignment]],
    finished: Callable[[int], None] = lambda episodes: None,
) -> list[Episode]:
    """Play units of work and return their episodes in the order given.

    A unit is sent only its own candidates.

    Args:
        executor: from `play.workers.start_workers`, for an `AgentSpec`.
        candidates: shape (n, parameters); assignments refer to its rows.
        units: lists of assignments; a unit is played as a whole by one worker.
        finished: called with the number of episodes of each finished unit.
    """
    futures, reported = [], 0
    for unit in units:
        rows = sorted({each.candidate for each in unit})
        place = {row: number for number, row in enumerate(rows)}
        local = [Assignment(place[each.candidate], each.seed) for each in unit]
        futures.append(executor.submit(play_unit, candidates[rows], local))
        if futures[reported].done():  # `submit` itself played it: this process is the worker
            finished(len(units[reported]))
            reported += 1
    episodes = []
    for number, (unit, future) in enumerate(zip(units, futures, strict=True)):
        episodes_of_unit = future.result()
        if number >= reported:
            finished(len(episodes_of_unit))
        episodes += [
            replace(each, candidate=what.candidate)
            for what, each in zip(unit, episodes_of_unit, strict=True)
        ]
    return episodes
