"""Paint scenes, and convert them to red, green and blue."""

import numba
import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.compiled import compiled
from world_models.tasks.car_racing.drawing.palette import COLOURS
from world_models.tasks.car_racing.drawing.polygons import MIXED, SIDE
from world_models.tasks.car_racing.drawing.reduction import (
    GROUPS,
    PHASES,
    ROWS,
    reduce_picture,
)
from world_models.tasks.car_racing.drawing.scene import paint_car, paint_field, paint_road
from world_models.tasks.car_racing.drawing.view import SIZE, make_view
from world_models.tasks.contract import FRAME_SIZE

SAMPLES = SIDE * SIDE
SCENES = (
    numba.int64[::1],
    numba.float64[:, ::1],
    numba.float64[:, :, :, ::1],
    numba.uint8[:, ::1],
    numba.int64[::1],
    numba.uint8[:, :, ::1],
)


@compiled()
def paint(pixels, samples, car, road, colours, count, xs, ys, left, right):  # type: ignore[no-untyped-def]
    """Paint a scene by colour numbers; see `polygons`."""
    view = make_view(car[0], car[1], car[2], car[3])
    paint_field(pixels, samples, view, xs, ys, left, right)
    paint_road(pixels, samples, view, road, colours, count, xs, ys, left, right)
    paint_car(pixels, samples, view, car, xs, ys, left, right)


@compiled()
def average(pixels, samples, palette, picture):  # type: ignore[no-untyped-def]
    """Write the picture's colours; a mixed pixel gets the rounded mean of its samples.

    Args:
        pixels, samples: the painted scene; see `polygons`.
        palette: uint8, (COLOURS, 3).
        picture: uint8, (84, 3, 32, 3): receives column c at [c % 3, c // 3], as `reduction` needs.
    """
    packed = np.empty(COLOURS, dtype=np.int64)
    for colour in range(COLOURS):  # pack three channels into one number, to sum them at once
        packed[colour] = (
            np.int64(palette[colour, 0])
            + (np.int64(palette[colour, 1]) << 20)
            + (np.int64(palette[colour, 2]) << 40)
        )
    for row in range(ROWS):
        for phase in range(PHASES):
            for group in range(GROUPS):
                column = group * PHASES + phase
                colour = pixels[row, column]
                if colour != MIXED:
                    for channel in range(3):
                        picture[row, phase, group, channel] = palette[colour, channel]
                    continue
                total = np.int64(0)
                for part in range(SIDE):
                    word = samples[row, column, part]
                    total += packed[word & 255] + packed[(word >> 8) & 255]
                    total += packed[(word >> 16) & 255] + packed[word >> 24]
                for channel in range(3):
                    mean = (((total >> (20 * channel)) & 0xFFFFF) + SAMPLES // 2) // SAMPLES
                    picture[row, phase, group, channel] = mean


@compiled()
def paper() -> tuple[NDArray[np.uint8], NDArray[np.uint32]]:
    """Return uninitialised arrays for a picture's pixels and samples."""
    return np.empty((ROWS, SIZE), dtype=np.uint8), np.empty((ROWS, SIZE, SIDE), dtype=np.uint32)


@compiled(numba.void(*SCENES, numba.uint8[:, :, :, :, :]))
def draw_pictures(slots, cars, roads, colours, counts, palettes, pictures):  # type: ignore[no-untyped-def]
    """Draw the pictures of some slots, above the indicators.

    Args:
        slots: their numbers, (n,).
        cars, roads, colours, counts, palettes: all slots' scenes; see `slots.Scenes`.
        pictures: uint8, (n, 84, 3, 32, 3): receives column c at [c % 3, c // 3].
    """
    pixels, samples = paper()
    left, right, xs, ys = np.empty(ROWS * SIDE), np.empty(ROWS * SIDE), np.empty(8), np.empty(8)
    for i in range(len(slots)):
        n = slots[i]
        paint(pixels, samples, cars[n], roads[n], colours[n], counts[n], xs, ys, left, right)
        average(pixels, samples, palettes[n], pictures[i])


@compiled(numba.void(*SCENES, numba.uint8[:, :, :, ::1]))
def draw_frames(slots, cars, roads, colours, counts, palettes, frames):  # type: ignore[no-untyped-def]
    """Draw the frames of some slots as `draw_pictures` and `reduce_frames` would.

    Args:
        slots: their numbers, (n,).
        cars, roads, colours, counts, palettes: all slots' scenes; see `slots.Scenes`.
        frames: uint8, (all slots, 64, 64, 3); those of other slots are left unchanged.
    """
    pixels, samples = paper()
    left, right, xs, ys = np.empty(ROWS * SIDE), np.empty(ROWS * SIDE), np.empty(8), np.empty(8)
    picture = np.empty((ROWS, PHASES, GROUPS, 3), dtype=np.uint8)
    narrow = np.empty((ROWS, 3 * FRAME_SIZE), dtype=np.int32)
    line = np.empty(3 * FRAME_SIZE, dtype=np.int32)
    for n in slots:
        paint(pixels, samples, cars[n], roads[n], colours[n], counts[n], xs, ys, left, right)
        average(pixels, samples, palettes[n], picture)
        reduce_picture(picture, narrow, line, frames[n])
