"""Targets for the unrolled steps of sampled states: rewards and n-step values."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from world_models.successors.driver import Flag


class Targets(NamedTuple):
    """Targets of n states and their k unrolled steps, (n, k + 1); step 0 is the state itself.

    Attributes:
        rewards: of the action that led there; step 0's is not used.
        values: the known part of the values: discounted sums of real rewards.
        boot: the row to bootstrap from, counted from the state's own.
        boot_discount: the factor of that row's value; 0 if the game has ended there.
        counts: whether reward and value are learnt: not beyond a truncated episode's last row.
        alive: whether the policy is learnt: only before the episode's end.
    """

    rewards: NDArray[np.float32]
    values: NDArray[np.float32]
    boot: NDArray[np.int64]
    boot_discount: NDArray[np.float32]
    counts: NDArray[np.bool_]
    alive: NDArray[np.bool_]


def n_step(
    rewards: NDArray[np.float32],
    flags: NDArray[np.uint8],
    steps: int,
    unroll: int,
    discount: float,
) -> Targets:
    """Return the targets of states from the rows that follow them.

    After a terminated episode, rewards and values are 0. A truncated one bootstraps from the
    network's value at its last row.

    Args:
        rewards, flags: of each state's row and those after it, (n, unroll + steps + 1), as in the
            replay: a row's reward is that of the action that led to it. Rows after an episode's
            end are ignored.
        steps: n of the n-step values. unroll: steps of the dynamics.
    """
    count, length = rewards.shape
    place = np.arange(length)
    is_last = (flags & Flag.LAST) > 0
    last = np.where(is_last.any(1), is_last.argmax(1), length)[:, None]  # the end's row
    inside = place <= last
    ended = np.zeros((count, 1), dtype=bool)
    known = last[:, 0] < length
    ended[known, 0] = (flags[known, last[known, 0]] & Flag.TERMINATED) > 0
    paid = np.where(inside, rewards, 0)
    at = np.arange(unroll + 1)[None].repeat(count, 0)
    boot = np.minimum(at + steps, np.maximum(last, at))
    values = np.zeros((count, unroll + 1), dtype=np.float32)
    for ahead in range(1, steps + 1):
        values += np.float32(discount ** (ahead - 1)) * paid[:, ahead : ahead + unroll + 1]
    dead = ended & (boot >= last)
    return Targets(
        rewards=paid[:, : unroll + 1].astype(np.float32),
        values=values,
        boot=boot,
        boot_discount=np.where(dead, 0, discount ** (boot - at)).astype(np.float32),
        counts=inside[:, : unroll + 1] | ended,
        alive=place[: unroll + 1] < last,
    )
