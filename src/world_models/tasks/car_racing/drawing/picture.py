"""Painting scenes and turning them into red, green and blue."""

import numba
import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.compiled import compiled
from world_models.tasks.car_racing.drawing.polygons import MIXED, SIDE
from world_models.tasks.car_racing.drawing.scene import paint_car, paint_field, paint_road
from world_models.tasks.car_racing.drawing.view import SIZE, make_view

ROWS = 84  # below lie the indicators
SAMPLES = SIDE * SIDE


@compiled()
def average(pixels, samples, palette, packed, picture):  # type: ignore[no-untyped-def]
    """Write the picture's colours, each mixed pixel the mean of its samples."""
    for colour in range(len(palette)):
        # All three channels in one number: one sum for the three.
        packed[colour] = (
            np.int64(palette[colour, 0])
            + (np.int64(palette[colour, 1]) << 20)
            + (np.int64(palette[colour, 2]) << 40)
        )
    for row in range(ROWS):
        for column in range(SIZE):
            colour = pixels[row, column]
            if colour != MIXED:
                total = packed[colour]
                picture[row, column, 0] = total & 255
                picture[row, column, 1] = (total >> 20) & 255
                picture[row, column, 2] = total >> 40
                continue
            block = samples[row, column]
            total = np.int64(0)
            for i in range(SIDE):
                word = block[i]
                total += packed[word & 255] + packed[(word >> 8) & 255]
                total += packed[(word >> 16) & 255] + packed[word >> 24]
            picture[row, column, 0] = ((total & 0xFFFFF) + SAMPLES // 2) // SAMPLES
            picture[row, column, 1] = (((total >> 20) & 0xFFFFF) + SAMPLES // 2) // SAMPLES
            picture[row, column, 2] = ((total >> 40) + SAMPLES // 2) // SAMPLES


@compiled(
    numba.void(
        numba.int64[::1],
        numba.float64[:, ::1],
        numba.float64[:, :, :, ::1],
        numba.uint8[:, ::1],
        numba.int64[::1],
        numba.uint8[:, :, ::1],
        numba.uint8[:, :, :, ::1],
    )
)
def draw(
    slots: NDArray[np.int64],
    cars: NDArray[np.float64],
    roads: NDArray[np.float64],
    colours: NDArray[np.uint8],
    counts: NDArray[np.int64],
    palettes: NDArray[np.uint8],
    pictures: NDArray[np.uint8],
) -> None:
    """Draw what some slots show.

    Args:
        slots: which ones.
        cars: (slots, CAR_NUMBERS); see `scene`.
        roads: (slots, quads, 4, 2): the corners of tiles and kerbs in metres, in drawing order.
        colours: (slots, quads): their colours' numbers in the palette.
        counts: (slots,): how many of the quads there are.
        palettes: (slots, COLOURS, 3).
        pictures: (as many as `slots` or more, rows, 96, 3): the first 84 rows of each are written.
    """
    pixels = np.empty((ROWS, SIZE), dtype=np.uint8)
    samples = np.empty((ROWS, SIZE, SIDE), dtype=np.uint32)
    left, right = np.empty(ROWS * SIDE), np.empty(ROWS * SIDE)
    xs, ys = np.empty(8), np.empty(8)
    packed = np.empty(palettes.shape[1], dtype=np.int64)
    for i in range(len(slots)):
        slot = slots[i]
        car = cars[slot]
        view = make_view(car[0], car[1], car[2], car[3])
        paint_field(pixels, samples, view, xs, ys, left, right)
        paint_road(
            pixels, samples, view, roads[slot], colours[slot], counts[slot], xs, ys, left, right
        )
        paint_car(pixels, samples, view, car, xs, ys, left, right)
        average(pixels, samples, palettes[slot], packed, pictures[i])
