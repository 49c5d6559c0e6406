"""Seeds: every random number of a run derives from the run's seed, its purpose and an index.

A seed never depends on a worker, a process or the order of execution, so results are the same on
any number of cores. The purpose is encoded in the seed's top bits, so seeds for different purposes
can't collide: no score is ever measured on an episode that was used for training or selection.
"""

import hashlib
from enum import IntEnum

PURPOSE_BITS = 3
HASH_BITS = 28  # 31 bits in all: the engines take non-negative 32-bit integers


class Purpose(IntEnum):
    """What a seed is for; its value is the top bits of the seed."""

    COLLECTION = 0  # recorded rollouts
    TRAINING = 1  # initial weights, order and noise of V's and M's training
    FITNESS = 2  # episodes that candidates are ranked on
    VALIDATION = 3  # episodes that select among generations
    EVALUATION = 4  # episodes behind the published scores
    FIGURES = 5  # samples drawn for figures
    SEARCH = 6  # the search's own random numbers


def derive(run_seed: int, purpose: Purpose, *index: int | str) -> int:
    """Return a seed in [0, 2^31) for the given purpose and index, the same on every machine.

    Args:
        run_seed: the run's seed (`seed` in config.yaml).
        purpose: what the seed is for; seeds for different purposes are always different.
        index: what else identifies the seed: task, generation, candidate or episode number.
    """
    text = "/".join(str(part) for part in (run_seed, purpose.name, *index))
    digest = hashlib.sha256(text.encode()).digest()
    low = int.from_bytes(digest[:8], "big") & ((1 << HASH_BITS) - 1)
    return (int(purpose) << HASH_BITS) | low
