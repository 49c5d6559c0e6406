"""Filling convex polygons: whole pixels at once, samples along the edges.

A picture is two arrays. `pixels`, uint8 (rows, columns): the colour of a pixel that is all of one
colour, or MIXED. `samples`, uint8 (rows, columns, 16): of a mixed pixel only, the colours of 4 rows
of 4 samples. So a polygon costs its circumference more than its area.
"""

import math

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.compiled import compiled

SIDE = 4  # samples a pixel has each way
MIXED = 255
INFINITE = 1 << 30


@compiled()
def mark_edge(
    x0: float, y0: float, x1: float, y1: float, margin: float,
    left: NDArray[np.float64], right: NDArray[np.float64],
) -> None:  # fmt: skip
    """Widen each sample row's span to an edge's crossing with it.

    Args:
        x0, y0, x1, y1: the edge, in samples.
        margin: how far above and below its ends the edge still counts.
        left, right: the spans so far, (sample rows,).
    """
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    first = max(math.ceil(y0 - margin - 0.5), 0)
    last = min(math.floor(y1 + margin - 0.5), len(left) - 1)
    slope = (x1 - x0) / (y1 - y0) if y1 > y0 else 0.0
    for row in range(first, last + 1):
        y = row + 0.5
        if y <= y0:
            x = x0
        elif y >= y1:
            x = x1
        else:
            x = x0 + (y - y0) * slope
        left[row] = min(left[row], x)
        right[row] = max(right[row], x)


@compiled()
def fill_samples(
    pixels: NDArray[np.uint8], samples: NDArray[np.uint8], row: int, part: int,
    first: int, end: int, colour: int,
) -> None:  # fmt: skip
    """Colour the samples `first` to `end` - 1 of one of the four sample rows of a pixel row."""
    sample = first
    while sample < end:
        column = sample // SIDE
        stop = min((column + 1) * SIDE, end)
        before = pixels[row, column]
        if before != colour:
            block = samples[row, column]
            if before != MIXED:
                for i in range(SIDE * SIDE):
                    block[i] = before
                pixels[row, column] = MIXED
            offset = part * SIDE - column * SIDE
            for i in range(sample, stop):
                block[offset + i] = colour
        sample = stop


@compiled()
def fill_polygon(
    pixels: NDArray[np.uint8], samples: NDArray[np.uint8],
    xs: NDArray[np.float64], ys: NDArray[np.float64], count: int, colour: int,
    margin_x: float, margin_y: float, left: NDArray[np.float64], right: NDArray[np.float64],
) -> None:  # fmt: skip
    """Colour all samples whose centres lie within a convex polygon.

    Args:
        pixels, samples: the picture; see above.
        xs, ys: the corners in order, in samples: a pixel is 4 x 4, the origin top left.
        count: how many corners.
        colour: 0 to 254.
        margin_x, margin_y: how far the polygon is widened to each side, in samples.
        left, right: working memory, (sample rows,).
    """
    rows, columns = pixels.shape
    low, high = ys[0], ys[0]
    west, east = xs[0], xs[0]
    for i in range(1, count):
        low, high = min(low, ys[i]), max(high, ys[i])
        west, east = min(west, xs[i]), max(east, xs[i])
    if east + margin_x < 0 or west - margin_x > columns * SIDE:
        return
    top = max(math.ceil(low - margin_y - 0.5), 0)
    bottom = min(math.floor(high + margin_y - 0.5), rows * SIDE - 1)
    if top > bottom:
        return
    for row in range(top, bottom + 1):
        left[row], right[row] = INFINITE, -INFINITE
    for i in range(count):
        j = i + 1 if i + 1 < count else 0
        mark_edge(xs[i], ys[i], xs[j], ys[j], margin_y, left, right)
    for pixel_row in range(top // SIDE, bottom // SIDE + 1):
        start, stop = max(top, pixel_row * SIDE), min(bottom, pixel_row * SIDE + SIDE - 1)
        # Columns that all four sample rows cover whole: from `inner` to `outer` - 1.
        inner, outer = 0, columns
        if stop - start < SIDE - 1:
            outer = 0
        for row in range(start, stop + 1):
            first = max(math.ceil(left[row] - margin_x - 0.5), 0)
            end = min(math.floor(right[row] + margin_x - 0.5) + 1, columns * SIDE)
            inner = max(inner, (first + SIDE - 1) // SIDE)
            outer = min(outer, end // SIDE)
        if inner < outer:
            for column in range(inner, outer):
                pixels[pixel_row, column] = colour
        for row in range(start, stop + 1):
            first = max(math.ceil(left[row] - margin_x - 0.5), 0)
            end = min(math.floor(right[row] + margin_x - 0.5) + 1, columns * SIDE)
            part = row - pixel_row * SIDE
            if inner < outer:
                fill_samples(pixels, samples, pixel_row, part, first, inner * SIDE, colour)
                fill_samples(pixels, samples, pixel_row, part, outer * SIDE, end, colour)
            else:
                fill_samples(pixels, samples, pixel_row, part, first, end, colour)
