"""Tasks that look different but play the same."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.tasks.contract import Task, VectorEnvironment

LOOKS = ("usual", "changed")


def with_look(task: Task, look: str) -> Task:
    """Return the task with one of `LOOKS`.

    Raises:
        WorldModelsError: its kind has only one look.
    """
    if look == "usual":
        return task
    if task.look is None:
        raise WorldModelsError(
            f"{task.name}: kind {task.kind} has only one look; set rollouts.looks: usual "
            "and seen.changed_looks: false"
        )
    return task.look.change(task)


def in_both_looks(task: Task) -> Task:
    """Return the task with training environments in which every odd seed has the changed look."""
    other = with_look(task, "changed")
    return replace(
        task,
        make_training=lambda slots: TwoLooks(task.make_training(slots), other.make_training(slots)),
    )


class TwoLooks(VectorEnvironment):
    """Environments in two looks: even seeds play in the first, odd seeds in the second.

    Args:
        even, odd: the environments of each look, with the same number of slots.
    """

    def __init__(self, even: VectorEnvironment, odd: VectorEnvironment) -> None:
        super().__init__(even.slots)
        self.both = (even, odd)
        self.look = np.zeros(even.slots, dtype=np.int64)

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Begin the episodes that belong to `seeds` in some slots; the other slots go on."""
        for slot, seed in zip(slots, seeds, strict=True):
            self.look[slot] = seed % 2
        for look, environments in enumerate(self.both):
            pairs = [pair for pair in zip(slots, seeds, strict=True) if pair[1] % 2 == look]
            environments.start([slot for slot, _ in pairs], [seed for _, seed in pairs])
        self._show(slots)

    def step(
        self, slots: Sequence[int], actions: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Take one step in some slots; the others stay as they are."""
        rewards, ends = np.zeros(self.slots), np.zeros(self.slots, dtype=np.uint8)
        for look, environments in enumerate(self.both):
            here = [slot for slot in slots if self.look[slot] == look]
            if here:
                brought, left = environments.step(here, actions)
                rewards[here], ends[here] = brought[here], left[here]
        self._show(slots)
        return rewards, ends

    def close(self) -> None:
        """Close both."""
        for environments in self.both:
            environments.close()

    def _show(self, slots: Sequence[int]) -> None:
        for slot in slots:
            self.observations[slot] = self.both[self.look[slot]].observations[slot]
