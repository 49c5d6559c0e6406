"""The scenes of several episodes side by side, as the compiled drawing reads them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.drawing.palette import COLOURS
from world_models.tasks.car_racing.drawing.picture import draw_frames, draw_pictures
from world_models.tasks.car_racing.drawing.reduction import GROUPS, PHASES, ROWS
from world_models.tasks.car_racing.drawing.scene import CAR_NUMBERS
from world_models.tasks.car_racing.drawing.view import SIZE

QUADS = 5000  # a track is cut off at 2,500 tiles, each with a kerb at most; a usual one has 300


class Scenes:
    """What is to be drawn in each slot.

    Attributes:
        cars: float64, (slots, CAR_NUMBERS): the hull's x, y in metres, its angle in radians, the
            time in seconds, the four wheels' angles, and how far each has turned.
        roads: float64, (slots, QUADS, 4, 2): corners of tiles and kerbs, in drawing order, metres.
        colours: uint8, (slots, QUADS): their colours' numbers in the palette.
        counts: int64, (slots,): how many of the quads there are.
        palettes: uint8, (slots, COLOURS, 3).
    """

    def __init__(self, slots: int) -> None:
        self.cars = np.zeros((slots, CAR_NUMBERS))
        self.roads = np.zeros((slots, QUADS, 4, 2))  # memory is taken where it is written to
        self.colours = np.zeros((slots, QUADS), dtype=np.uint8)
        self.counts = np.zeros(slots, dtype=np.int64)
        self.palettes = np.zeros((slots, COLOURS, 3), dtype=np.uint8)

    def draw_pictures(self, slots: Sequence[int]) -> NDArray[np.uint8]:
        """Return what these slots show above the indicators, (as many, 84, 96, 3)."""
        pictures = np.empty((len(slots), ROWS, SIZE, 3), dtype=np.uint8)
        by_phase = pictures.reshape(-1, ROWS, GROUPS, PHASES, 3).transpose(0, 1, 3, 2, 4)
        draw_pictures(*self._arguments(slots), by_phase)
        return pictures

    def draw_frames(self, slots: Sequence[int], frames: NDArray[np.uint8]) -> None:
        """Write these slots' frames into `frames`, (all slots, 64, 64, 3)."""
        draw_frames(*self._arguments(slots), frames)

    def _arguments(self, slots: Sequence[int]) -> tuple[Any, Any, Any, Any, Any, Any]:
        numbers = np.array(slots, dtype=np.int64)
        return numbers, self.cars, self.roads, self.colours, self.counts, self.palettes
