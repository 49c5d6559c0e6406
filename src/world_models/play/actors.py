"""Who acts: the contract of an actor, and the actors that see nothing.

Actors that use observations are in `world_models.controller.agent`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from world_models.play.episodes import Assignment
from world_models.tasks.contract import Behaviour


class Actor(Protocol):
    """Chooses the actions of the episodes in all slots."""

    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Prepare for new episodes in some slots; the episodes in the others go on."""
        ...

    def act(self, observations: Any, slots: Sequence[int]) -> Any:
        """Choose the next actions.

        Args:
            observations: what all slots currently show (`VectorEnvironment.observations`).
            slots: the slots with a running episode, in ascending order.

        Returns:
            actions, float32 (all slots, action_size): an array, or in dreams a tensor. Rows of
            other slots mean nothing.
        """
        ...


class BehaviourActor:
    """Plays each episode with a new behaviour, seeded with the episode's seed.

    Args:
        make: returns a behaviour for a random generator, e.g. one of `Task.behaviours`.
        slots: episodes side by side.
        action_size: numbers in an action.
    """

    def __init__(
        self, make: Callable[[np.random.Generator], Behaviour], slots: int, action_size: int
    ) -> None:
        self.make, self.shape = make, (slots, action_size)
        self.behaviours: dict[int, Behaviour] = {}

    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Make a behaviour for each new episode."""
        for slot, what in zip(slots, assignments, strict=True):
            self.behaviours[slot] = self.make(np.random.default_rng(what.seed))

    def act(self, observations: Any, slots: Sequence[int]) -> NDArray[np.float32]:
        """Ask each slot's behaviour for its next action."""
        actions = np.zeros(self.shape, dtype=np.float32)
        for slot in slots:
            actions[slot] = self.behaviours[slot]()
        return actions


class OpenLoopActor:
    """Plays policies that depend only on the number of the step.

    Args:
        policies: each maps the number of a step, from 0, to its action. An assignment's
            `candidate` is the index of its policy in this list.
        slots: episodes side by side.
        action_size: numbers in an action.
    """

    def __init__(
        self, policies: Sequence[Callable[[int], Sequence[float]]], slots: int, action_size: int
    ) -> None:
        self.policies, self.shape = policies, (slots, action_size)
        self.chosen = [policies[0]] * slots
        self.steps = [0] * slots

    def start(self, slots: Sequence[int], assignments: Sequence[Assignment]) -> None:
        """Begin each assignment's policy at step 0."""
        for slot, what in zip(slots, assignments, strict=True):
            self.chosen[slot], self.steps[slot] = self.policies[what.candidate], 0

    def act(self, observations: Any, slots: Sequence[int]) -> NDArray[np.float32]:
        """Return each policy's action for the current step, and count the step."""
        actions = np.zeros(self.shape, dtype=np.float32)
        for slot in slots:
            actions[slot] = self.chosen[slot](self.steps[slot])
            self.steps[slot] += 1
        return actions
