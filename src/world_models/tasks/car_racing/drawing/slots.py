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

QUADS = 5000  # at most 2,500 tiles, each with at most one kerb; a typical track has 300 tiles


class Scenes:
    """The scene to draw in each slot.

    Attributes:
        cars: float64, (slots, CAR_NUMBERS): the hull's x and y in metres, its angle in radians, the
            time in seconds, the four wheels' angles, and how far each has turned, in radians.
        roads: float64, (slots, QUADS, 4, 2): corners of tiles and kerbs, in metres, in drawing
            order.
        colours: uint8, (slots, QUADS): the quads' colours, as numbers in the palette.
        counts: int64, (slots,): how many of the quads are in use.
        palettes: uint8, (slots, COLOURS, 3): red, green and blue of each colour.
    """

    def __init__(self, slots: int) -> None:
        self.cars = np.zeros((slots, CAR_NUMBERS))
        self.roads = np.zeros((slots, QUADS, 4, 2))  # only pages that are written use memory
        self.colours = np.zeros((slots, QUADS), dtype=np.uint8)
        self.counts = np.zeros(slots, dtype=np.int64)
        self.palettes = np.zeros((slots, COLOURS, 3), dtype=np.uint8)

    def draw_pictures(self, slots: Sequence[int]) -> NDArray[np.uint8]:
        """Return these slots' pictures above the indicators, (len(slots), 84, 96, 3)."""
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
