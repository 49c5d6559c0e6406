"""Which rows are computed when episodes are played side by side."""

from collections.abc import Sequence

MULTIPLE = 4  # few different batch sizes make for fast computation


def padded(active: Sequence[int], slots: int) -> list[int]:
    """Return the slots to compute: the active ones, padded with idle ones to a multiple of 4.

    Rounding depends on the number of rows in a batch. That number follows from the running
    episodes, so it depends only on the unit of work, not on the worker.

    Args:
        active: the slots with a running episode. slots: the number of slots in all.
    """
    short = min(-len(active) % MULTIPLE, slots - len(active))
    if not short:
        return list(active)
    taken = set(active)
    idle = [slot for slot in range(slots) if slot not in taken]
    return sorted([*active, *idle[:short]])
