"""The real next frame against five that M samples: one step on, and further on."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from world_models.paper.imagination import Moment, frames_of, imagine, reconstruct
from world_models.paper.inputs import Inputs, TaskResults
from world_models.paper.montage import montage

SAMPLES = 5
MOMENTS = 3
FURTHER = 15  # steps: one step on hardly anything has moved
PLACE = 0.6  # of an episode: things have begun to happen, the end is not there yet


def moments(results: TaskResults) -> Iterator[tuple[Moment, int]]:
    """Yield moments in episodes spread over the held-out ones, each with how far to look ahead."""
    lengths = results.held_out.lengths
    usable = np.flatnonzero(lengths > FURTHER + 1)
    if not len(usable):
        usable = np.flatnonzero(lengths > 1)
    for number in range(MOMENTS):
        episode = int(usable[int((number + 0.5) * len(usable) / MOMENTS)])
        ahead = int(min(FURTHER, lengths[episode] - 1))
        yield Moment(episode, int((lengths[episode] - 1 - ahead) * PLACE)), ahead


def draw(inputs: Inputs, task: str) -> Figure:
    """Draw some moments, two rows each: the next step, and some steps on."""
    results = inputs.tasks[task]
    rows, labels = [], []
    for moment, ahead in moments(results):
        real = frames_of(results, moment, ahead)
        seen = reconstruct(results, real)
        dreams = imagine(results, moment, ahead, 1.0, SAMPLES, inputs.seed)
        for step in (1, ahead):
            rows.append([real[0], real[step], seen[step], *dreams[:, step - 1]])
            labels.append("next step" if step == 1 else f"{step} steps on")
        rows.append([])
        labels.append("")
    names = [f"sample {number + 1}" for number in range(SAMPLES)]
    return montage(rows[:-1], labels[:-1], ["now", "then", "V's view", *names])
