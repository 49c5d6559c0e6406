"""Candidates play episodes to the end, side by side in a fixed number of slots."""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.agent import Agent, controller_features
from world_models.controller.policies import Policy
from world_models.dream.engine import Dream
from world_models.execution.heartbeat import beat
from world_models.play.episodes import Assignment, Episode
from world_models.tasks.contract import End, Task, VectorEnvironment

ROWS_MULTIPLE = 4  # batches of few sizes are quick to compute


class Arena(Protocol):
    """A batch of slots in which episodes run: what real environments and the dream share."""

    slots: int

    def start(self, slots: Sequence[int], seeds: Sequence[int], parameters: torch.Tensor) -> None:
        """Begin episodes in some slots, each with its row of parameters."""
        ...

    def step(self, active: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Play one step in the active slots; return rewards and ends, each of shape (slots,)."""
        ...

    def close(self) -> None:
        """Free what the arena holds, processes included."""
        ...


def batch(active: Sequence[int], slots: int) -> list[int]:
    """Return the slots to compute: the active ones, and idle ones up to a multiple of 4.

    As episodes end and none follow, the batch shrinks with them. It depends on the unit of work
    alone, so the rounding does.
    """
    short = min(-len(active) % ROWS_MULTIPLE, slots - len(active))
    if not short:
        return list(active)
    idle = [slot for slot in range(slots) if slot not in set(active)]
    return sorted([*active, *idle[:short]])


class RealArena:
    """Real environments, with an agent of V, M and C acting in them."""

    def __init__(self, agent: Agent, environments: VectorEnvironment) -> None:
        self.agent, self.environments = agent, environments
        self.slots = environments.slots

    def start(self, slots: Sequence[int], seeds: Sequence[int], parameters: torch.Tensor) -> None:
        """Begin episodes in some slots."""
        self.agent.start(slots, seeds, parameters)
        self.environments.start(slots, seeds)

    def step(self, active: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Play one step in the active slots; environments in the others rest."""
        rows = batch(active, self.slots)
        return self.environments.step(active, self.agent.act(self.environments.frames, rows))

    def close(self) -> None:
        """End the environments."""
        self.environments.close()


class DreamArena:
    """M's dream, with a policy acting in it."""

    def __init__(self, task: Task, dream: Dream, policy: Policy) -> None:
        self.task, self.dream, self.policy = task, dream, policy
        self.slots = dream.slots
        self.parameters = torch.zeros(dream.slots, policy.parameters, device=dream.device)

    def start(self, slots: Sequence[int], seeds: Sequence[int], parameters: torch.Tensor) -> None:
        """Begin dreams in some slots."""
        self.parameters[list(slots)] = parameters.to(self.parameters.device)
        self.dream.start(slots, seeds)

    @torch.inference_mode()
    def step(self, active: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Dream one step in the active slots."""
        dream, rows = self.dream, batch(active, self.slots)
        # A CUDA graph has one shape, and a smaller one would save no time there.
        whole = len(rows) == self.slots or dream.device.type == "cuda"
        some = slice(None) if whole else rows
        state = (dream.h[some], dream.c[some])
        features = controller_features(self.task, self.policy, dream.z[some], state)
        actions = torch.zeros(self.slots, self.task.action_size, device=dream.device)
        actions[some] = self.task.squash(self.policy.act(self.parameters[some], features))
        return dream.step(actions, None if whole else rows)

    def close(self) -> None:
        """Nothing is held."""


def play(
    arena: Arena, candidates: NDArray[np.float32], assignments: Sequence[Assignment]
) -> list[Episode]:
    """Play all assignments, refilling a slot as soon as its episode ends.

    Which slot an assignment gets depends on the assignments alone, so the same list gives the same
    scores, bit for bit, on any worker.
    """
    queue = deque(range(len(assignments)))
    playing: dict[int, int] = {}  # slot to the assignment's number
    steps = np.zeros(arena.slots, dtype=np.int64)
    scores = np.zeros(arena.slots)
    done: list[Episode | None] = [None] * len(assignments)

    def refill(slots: Sequence[int]) -> None:
        filled = [(slot, queue.popleft()) for slot in slots if queue]
        if filled:
            taken = [slot for slot, _ in filled]
            chosen = [assignments[number] for _, number in filled]
            rows = torch.from_numpy(candidates[[each.candidate for each in chosen]])
            arena.start(taken, [each.seed for each in chosen], rows)
            playing.update(filled)
            steps[taken], scores[taken] = 0, 0

    refill(range(arena.slots))
    while playing:
        active = sorted(playing)
        rewards, ends = arena.step(active)
        beat()
        steps[active] += 1
        scores[active] += rewards[active]
        finished = [slot for slot in active if ends[slot] != End.NONE]
        for slot in finished:
            number = playing.pop(slot)
            what = assignments[number]
            done[number] = Episode(
                what.candidate,
                what.seed,
                int(steps[slot]),
                float(scores[slot]),
                End(ends[slot]),
            )
        refill(finished)
    return [episode for episode in done if episode is not None]
