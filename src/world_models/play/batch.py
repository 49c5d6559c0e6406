"""Which rows are computed when episodes are played side by side."""

from collections.abc import Sequence

MULTIPLE = 4  # batches of few sizes are quick to compute


def padded(active: Sequence[int], slots: int) -> list[int]:
    """Return the slots to compute: the active ones, and idle ones up to a multiple of 4.

    The rounding of a batch's arithmetic depends on its number of rows. This number follows from
    the episodes that are going on, hence from the unit of work alone and from no worker.

    Args:
        active: the slots where episodes are going on. slots: how many there are in all.
    """
    short = min(-len(active) % MULTIPLE, slots - len(active))
    if not short:
        return list(active)
    taken = set(active)
    idle = [slot for slot in range(slots) if slot not in taken]
    return sorted([*active, *idle[:short]])
