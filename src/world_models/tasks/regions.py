"""What is where in a frame, for tasks whose renderers say so."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing import regions as car_racing
from world_models.tasks.contract import Task
from world_models.tasks.take_cover import regions as take_cover

Labelled = Iterator[tuple[NDArray[np.uint8], dict[str, NDArray[np.bool_]]]]
"""Frames, uint8 (n, 64, 64, 3), and for each region where they show it, (n, 64, 64)."""

REGIONS: dict[str, Callable[[Task, str, Sequence[int], int], Labelled]] = {
    "car_racing": car_racing.frames_and_masks,
    "take_cover": take_cover.frames_and_masks,
}
"""By kind: from the task, a behaviour's name, seeds, and how many steps lie between two frames, to
the frames of these episodes."""
