"""Reduce 84 x 96 pixels to 64 x 64: `reduce_frames` to the last bit, compiled.

This is antialiased bilinear interpolation with PyTorch's arithmetic for bytes: first columns, then
rows, with integer weights and rounding after each. Three columns become two, so a picture's columns
are grouped by their remainder modulo 3. All columns of a group are treated alike, many at once.
"""

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.compiled import compiled
from world_models.tasks.car_racing.drawing.view import SIZE
from world_models.tasks.contract import FRAME_SIZE

ROWS = 84  # above the indicators
PHASES = 3
GROUPS = SIZE // PHASES  # columns per remainder
PLANE = GROUPS * 3  # bytes of these columns in a row: three channels
BITS = 15  # a weight of 1 is stored as 2**BITS
HALF = np.int32(1 << (BITS - 1))
TAPS = 3  # pixels that a reduced pixel reads, in each direction


def make_weights(size: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the first pixel that each of 64 reduced pixels reads, (64,), and weights, (64, TAPS).

    Args:
        size: the number of pixels before the reduction, 64 to 96. Windows may begin at -1 or end at
            `size`; these pixels have weight 0.
    """
    scale = size / FRAME_SIZE
    firsts = np.zeros(FRAME_SIZE, dtype=np.int64)
    weights = np.zeros((FRAME_SIZE, TAPS), dtype=np.int32)
    for i in range(FRAME_SIZE):
        centre = scale * (i + 0.5)
        first = int(np.floor(centre - scale + 0.5))
        pixels = np.arange(first, min(int(centre + scale + 0.5), size))
        triangle = np.where(pixels < 0, 0, 1 - np.abs(pixels - centre + 0.5) / scale)
        firsts[i] = first
        weights[i, : len(pixels)] = np.floor(0.5 + triangle / triangle.sum() * (1 << BITS))
    return firsts, weights


# Reduced columns 0, 2, 4... read columns with remainders 2, 0, 1; the others read 1, 2, 0.
_WEIGHTS = make_weights(SIZE)[1]
EVEN = np.ascontiguousarray(_WEIGHTS[0::2].repeat(3, axis=0).T)  # (TAPS, PLANE)
ODD = np.ascontiguousarray(_WEIGHTS[1::2].repeat(3, axis=0).T)
_FIRSTS, _WEIGHTS = make_weights(ROWS)
# Shift windows at the border, since all three rows that are read must exist.
ROW_FIRSTS = np.clip(_FIRSTS, 0, ROWS - TAPS)
ROW_WEIGHTS = np.zeros_like(_WEIGHTS)
for _i in range(FRAME_SIZE):
    for _tap in range(TAPS):
        if _WEIGHTS[_i, _tap]:
            ROW_WEIGHTS[_i, _FIRSTS[_i] + _tap - ROW_FIRSTS[_i]] = _WEIGHTS[_i, _tap]


@compiled()
def blend(a, b, c, u, v, w, target):  # type: ignore[no-untyped-def]
    """Write the rounded sums a*u + b*v + c*w of arrays of the same length to `target`."""
    for i in range(len(target)):
        total = HALF + np.int32(a[i] * u[i]) + np.int32(b[i] * v[i]) + np.int32(c[i] * w[i])
        target[i] = np.int32(total) >> BITS


@compiled()
def blend_rows(a, b, c, u, v, w, target):  # type: ignore[no-untyped-def]
    """Write the rounded sums a*u + b*v + c*w to `target`; u, v and w are single numbers."""
    for i in range(len(target)):
        total = HALF + np.int32(a[i] * u) + np.int32(b[i] * v) + np.int32(c[i] * w)
        target[i] = np.int32(total) >> BITS


@compiled()
def reduce_picture(phases, narrow, line, frame):  # type: ignore[no-untyped-def]
    """Reduce a picture to a frame.

    Args:
        phases: uint8, (84, 3, 32, 3): the picture's columns 0, 3, 6..., then 1, 4, 7..., then
            2, 5, 8...
        narrow: working memory, int32, (84, 192): reduced columns 0, 2, 4..., then the others.
        line: working memory, int32, (192,).
        frame: uint8, (64, 64, 3): receives the result.
    """
    for row in range(ROWS):
        flat = phases[row].reshape(PHASES * PLANE)
        zero, one, two = flat[:PLANE], flat[PLANE : 2 * PLANE], flat[2 * PLANE :]
        # The columns before and after; at the ends these are wrong, but their weights are 0.
        before, after = flat[2 * PLANE - 3 : 3 * PLANE - 3], flat[3 : PLANE + 3]
        target = narrow[row]
        blend(before, zero, one, EVEN[0], EVEN[1], EVEN[2], target[:PLANE])
        blend(one, two, after, ODD[0], ODD[1], ODD[2], target[PLANE:])
    for i in range(FRAME_SIZE):
        first = ROW_FIRSTS[i]
        u, v, w = ROW_WEIGHTS[i, 0], ROW_WEIGHTS[i, 1], ROW_WEIGHTS[i, 2]
        blend_rows(narrow[first], narrow[first + 1], narrow[first + 2], u, v, w, line)
        target = frame[i].reshape(3 * FRAME_SIZE)
        for group in range(GROUPS):
            for channel in range(3):
                target[6 * group + channel] = line[3 * group + channel]
                target[6 * group + 3 + channel] = line[PLANE + 3 * group + channel]
