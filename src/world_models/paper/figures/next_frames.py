"""The real next frame and five that M samples, one step ahead and some steps ahead."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from world_models.paper.imagination import Moment, frames_of, imagine, reconstruct
from world_models.paper.inputs import TaskResults
from world_models.paper.montage import montage

SAMPLES = 5
MOMENTS = 3
FURTHER = 15  # steps: in a single step hardly anything moves
PLACE = 0.6  # fraction of an episode: late enough for things to happen, and well before the end


def moments(results: TaskResults) -> Iterator[tuple[Moment, int]]:
    """Yield moments in evenly spread held-out episodes, each with how many steps to look ahead."""
    lengths = results.held_out.lengths
    usable = np.flatnonzero(lengths > FURTHER + 1)
    if not len(usable):
        usable = np.flatnonzero(lengths > 1)
    for number in range(MOMENTS):
        episode = int(usable[int((number + 0.5) * len(usable) / MOMENTS)])
        ahead = int(min(FURTHER, lengths[episode] - 1))
        yield Moment(episode, int((lengths[episode] - 1 - ahead) * PLACE)), ahead


def draw(results: TaskResults) -> Figure:
    """Draw some moments, two rows each: the next step, and some steps later."""
    rows, labels = [], []
    for moment, ahead in moments(results):
        real = frames_of(results, moment, ahead)
        seen = reconstruct(results, real)
        dreams = imagine(results, moment, ahead, 1.0, SAMPLES, results.seed)
        for step in (1, ahead):
            rows.append([real[0], real[step], seen[step], *dreams[:, step - 1]])
            labels.append("next step" if step == 1 else f"{step} steps later")
        rows.append([])
        labels.append("")
    names = [f"sample {number + 1}" for number in range(SAMPLES)]
    return montage(rows[:-1], labels[:-1], ["now", "then", "V's view", *names])
