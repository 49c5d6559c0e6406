"""The loop that plays all episodes."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from world_models.execution.heartbeat import beat
from world_models.play.actors import Actor
from world_models.play.episodes import Assignment, Episode
from world_models.play.observers import Observer
from world_models.tasks.contract import End, VectorEnvironment


def play(
    actor: Actor,
    environments: VectorEnvironment,
    assignments: Sequence[Assignment],
    observers: Sequence[Observer] = (),
) -> list[Episode]:
    """Play all assignments, in as many slots as there are environments.

    A slot is refilled as soon as its episode ends. Which slot an assignment gets depends only on
    the assignments, so the same list gives the same episodes, bit for bit, on any worker.

    Args:
        actor: chooses the actions.
        environments: where the episodes are played; the caller closes them.
        assignments: the episodes, which start in this order.
        observers: are told about every step and the end of every episode.

    Returns:
        the episodes, in the order of the assignments.
    """
    queue = deque(range(len(assignments)))
    playing: dict[int, int] = {}  # slot to the assignment's number
    steps = np.zeros(environments.slots, dtype=np.int64)
    scores = np.zeros(environments.slots)
    done: dict[int, Episode] = {}

    def refill(slots: Sequence[int]) -> None:
        filled = [(slot, queue.popleft()) for slot in slots if queue]
        if filled:
            taken = [slot for slot, _ in filled]
            chosen = [assignments[number] for _, number in filled]
            actor.start(taken, chosen)
            environments.start(taken, [each.seed for each in chosen])
            playing.update(filled)
            steps[taken], scores[taken] = 0, 0

    refill(range(environments.slots))
    while playing:
        active = sorted(playing)
        numbers = {slot: playing[slot] for slot in active}
        actions = actor.act(environments.observations, active)
        for observer in observers:
            observer.before_step(numbers, environments.observations, actions)
        rewards, ends = environments.step(active, actions)
        beat()
        for observer in observers:
            observer.after_step(numbers, rewards, ends)
        steps[active] += 1
        scores[active] += rewards[active]
        finished = [slot for slot in active if ends[slot] != End.NONE]
        for slot in finished:
            number = playing.pop(slot)
            what, end = assignments[number], End(ends[slot])
            score = float(scores[slot])
            last = float(rewards[slot])
            done[number] = Episode(what.candidate, what.seed, int(steps[slot]), score, end, last)
            for observer in observers:
                observer.episode_ended(number, done[number])
        refill(finished)
    return [done[number] for number in range(len(assignments))]
