"""Reconstructions beside originals: what V keeps of a frame."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from world_models.paper.imagination import reconstruct
from world_models.paper.inputs import TaskResults
from world_models.paper.montage import montage

COLUMNS = 10
BLOCKS = 2  # pairs of rows


def draw(results: TaskResults) -> Figure:
    """Draw held-out frames, spread evenly over the episodes, above V's reconstructions."""
    count = COLUMNS * BLOCKS
    places = (np.arange(count) + 0.5) * results.held_out.steps / count
    stored = results.held_out.rows["frames"]
    frames = np.stack([np.asarray(stored[int(place)]) for place in places])
    seen = reconstruct(results, frames)
    rows: list[list[NDArray[np.uint8]]] = []
    labels: list[str] = []
    for block in range(BLOCKS):
        part = slice(block * COLUMNS, (block + 1) * COLUMNS)
        rows += [list(frames[part]), list(seen[part]), []]
        labels += ["frame", "V's view", ""]
    return montage(rows[:-1], labels[:-1], [""] * COLUMNS)
