"""Fill convex polygons: whole pixels inside, samples along the edges.

A picture is two arrays. `pixels`, uint8 (rows, columns), has the colour of each pixel that has only
one, or MIXED. `samples`, uint32 (rows, columns, 4), is used for mixed pixels only. It has the
colours of 4 rows of 4 samples, a byte each, with the leftmost sample in the lowest byte. The cost
of a polygon thus depends more on its circumference than on its area.
"""

import math

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.compiled import compiled

SIDE = 4  # samples per pixel, horizontally and vertically
MIXED = 255
EVERY = 0x01010101  # times a colour gives four samples of that colour
FULL = np.uint32(0xFFFFFFFF)
# Masks of a row's first 0, 1, 2, 3 and 4 samples.
UP_TO = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF], dtype=np.uint32)
EMPTY = 1e9  # an empty row's span is from EMPTY to -EMPTY

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint32]
Spans = NDArray[np.float64]


@compiled()
def widen_spans(
    x0: float, y0: float, x1: float, y1: float, margin: float, left: Spans, right: Spans
) -> None:
    """Widen the span of each sample row that an edge crosses, so that it includes the crossing.

    Args:
        x0, y0, x1, y1: the edge, in samples.
        margin: how far the edge still counts above and below its ends.
        left, right: the spans so far, (sample rows,).
    """
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    first = max(math.ceil(y0 - margin - 0.5), 0)
    last = min(math.floor(y1 + margin - 0.5), len(left) - 1)
    slope = (x1 - x0) / (y1 - y0) if y1 > y0 else 0.0
    west, east = min(x0, x1), max(x0, x1)
    for row in range(first, last + 1):
        x = min(max(x0 + (row + 0.5 - y0) * slope, west), east)
        left[row] = min(left[row], x)
        right[row] = max(right[row], x)


@compiled()
def fill_edge(
    pixels: Bytes, samples: Words, row: int, first: int, end: int, colour: int,
    starts: NDArray[np.int64], stops: NDArray[np.int64],
) -> None:  # fmt: skip
    """Colour a polygon's samples in pixels that it may cover only in part.

    Args:
        pixels, samples: the picture.
        row: the pixels' row.
        first, end: the pixels' columns, `first` to `end` - 1.
        colour: the colour to fill with.
        starts, stops: in each of the row's four sample rows, the polygon covers samples `starts`
            to `stops` - 1.
    """
    word = np.uint32(colour * EVERY)
    for column in range(first, end):
        west = column * SIDE
        covered, whole = np.uint32(0), FULL
        masks = (
            UP_TO[min(max(stops[0] - west, 0), SIDE)] & ~UP_TO[min(max(starts[0] - west, 0), SIDE)],
            UP_TO[min(max(stops[1] - west, 0), SIDE)] & ~UP_TO[min(max(starts[1] - west, 0), SIDE)],
            UP_TO[min(max(stops[2] - west, 0), SIDE)] & ~UP_TO[min(max(starts[2] - west, 0), SIDE)],
            UP_TO[min(max(stops[3] - west, 0), SIDE)] & ~UP_TO[min(max(starts[3] - west, 0), SIDE)],
        )
        covered = masks[0] | masks[1] | masks[2] | masks[3]
        whole = masks[0] & masks[1] & masks[2] & masks[3]
        before = pixels[row, column]
        if covered == 0 or before == colour:
            continue
        if whole == FULL:
            pixels[row, column] = colour
            continue
        block = samples[row, column]
        if before != MIXED:
            old = np.uint32(before * EVERY)
            pixels[row, column] = MIXED
            for part in range(SIDE):
                block[part] = (old & ~masks[part]) | (word & masks[part])
        else:
            for part in range(SIDE):
                block[part] = (block[part] & ~masks[part]) | (word & masks[part])


@compiled()
def fill_polygon(
    pixels: Bytes, samples: Words, xs: NDArray[np.float64], ys: NDArray[np.float64], count: int,
    colour: int, margin_x: float, margin_y: float, left: Spans, right: Spans,
) -> None:  # fmt: skip
    """Colour all samples whose centres lie within a convex polygon.

    Args:
        pixels, samples: the picture; see above.
        xs, ys: the corners in order, in samples; a pixel is 4 x 4, and the origin is top left.
        count: the number of corners.
        colour: 0 to 254.
        margin_x, margin_y: how far to widen the polygon on each side, in samples.
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
    for row in range(top // SIDE * SIDE, bottom // SIDE * SIDE + SIDE):
        left[row], right[row] = EMPTY, -EMPTY
    for i in range(count):
        j = i + 1 if i + 1 < count else 0
        widen_spans(xs[i], ys[i], xs[j], ys[j], margin_y, left, right)
    starts, stops = np.empty(SIDE, dtype=np.int64), np.empty(SIDE, dtype=np.int64)
    for row in range(top // SIDE, bottom // SIDE + 1):
        for part in range(SIDE):
            starts[part] = math.ceil(left[row * SIDE + part] - margin_x - 0.5)
            stops[part] = math.floor(right[row * SIDE + part] + margin_x - 0.5) + 1
        first = max(min(min(starts[0], starts[1]), min(starts[2], starts[3])) // SIDE, 0)
        inner = (max(max(starts[0], starts[1]), max(starts[2], starts[3])) + SIDE - 1) // SIDE
        outer = min(min(stops[0], stops[1]), min(stops[2], stops[3])) // SIDE
        end = max(max(stops[0], stops[1]), max(stops[2], stops[3]))
        end = min((end + SIDE - 1) // SIDE, columns)
        inner, outer = max(inner, 0), min(outer, columns)
        if inner < outer:  # these pixels lie entirely in the polygon
            pixels[row, inner:outer] = colour
            fill_edge(pixels, samples, row, first, inner, colour, starts, stops)
            fill_edge(pixels, samples, row, outer, end, colour, starts, stops)
        else:
            fill_edge(pixels, samples, row, first, end, colour, starts, stops)
