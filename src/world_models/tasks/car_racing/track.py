"""Lay tracks: Gymnasium's own arithmetic, operation by operation, compiled.

Every number equals Gymnasium's to the last bit; tests compare whole tracks.
"""

import math

import numba
import numpy as np
from gymnasium.envs.box2d.car_racing import (
    BORDER,
    BORDER_MIN_COUNT,
    SCALE,
    TRACK_DETAIL_STEP,
    TRACK_RAD,
    TRACK_TURN_RATE,
    TRACK_WIDTH,
)
from numpy.typing import NDArray

from world_models.tasks.car_racing.compiled import compiled
from world_models.tasks.car_racing.drawing.palette import KERB_RED, KERB_WHITE, SHADES

CHECKPOINTS = 12
LONGEST = 2500  # tiles; tracing stops there, whether or not the track has closed
START_ANGLE = 2 * math.pi * (-0.5) / CHECKPOINTS

Numbers = NDArray[np.float64]


def draw_checkpoints(rng: np.random.Generator) -> Numbers:
    """Return the checkpoints that a track visits in order, (12, 3): angle, x, y."""
    points = []
    for number in range(CHECKPOINTS):
        noise = rng.uniform(0, 2 * math.pi * 1 / CHECKPOINTS)
        angle = 2 * math.pi * number / CHECKPOINTS + noise
        radius = rng.uniform(TRACK_RAD / 3, TRACK_RAD)
        if number == 0:
            angle, radius = 0, 1.5 * TRACK_RAD
        if number == CHECKPOINTS - 1:
            angle, radius = 2 * math.pi * number / CHECKPOINTS, 1.5 * TRACK_RAD
        points.append((angle, radius * math.cos(angle), radius * math.sin(angle)))
    return np.array(points)


@compiled(numba.float64[:, ::1](numba.float64[:, ::1]))
def trace(checkpoints: Numbers) -> Numbers:
    """Drive from checkpoint to checkpoint for about five laps.

    Returns:
        (steps, 4): for each tile, the angle around the centre, the heading's angle, x and y.
    """
    track = np.empty((LONGEST, 4))
    x, y, heading = 1.5 * TRACK_RAD, 0.0, 0.0
    destination, laps, length = 0, 0, 0
    visited_other_side = False
    while True:
        angle = math.atan2(y, x)
        if visited_other_side and angle > 0:
            laps += 1
            visited_other_side = False
        if angle < 0:
            visited_other_side = True
            angle += 2 * math.pi
        while True:  # find the next checkpoint
            failed = True
            while True:
                point = checkpoints[destination % CHECKPOINTS]
                if angle <= point[0]:
                    failed = False
                    break
                destination += 1
                if destination % CHECKPOINTS == 0:
                    break
            if not failed:
                break
            angle -= 2 * math.pi
        right_x, right_y = math.cos(heading), math.sin(heading)
        ahead_x, ahead_y = -right_y, right_x
        projection = right_x * (point[1] - x) + right_y * (point[2] - y)
        while heading - angle > 1.5 * math.pi:
            heading -= 2 * math.pi
        while heading - angle < -1.5 * math.pi:
            heading += 2 * math.pi
        before = heading
        projection *= SCALE
        if projection > 0.3:
            heading -= min(TRACK_TURN_RATE, abs(0.001 * projection))
        if projection < -0.3:
            heading += min(TRACK_TURN_RATE, abs(0.001 * projection))
        x += ahead_x * TRACK_DETAIL_STEP
        y += ahead_y * TRACK_DETAIL_STEP
        track[length, 0], track[length, 1] = angle, before * 0.5 + heading * 0.5
        track[length, 2], track[length, 3] = x, y
        length += 1
        if laps > 4 or length == LONGEST:
            return track[:length].copy()


def close_loop(track: Numbers) -> Numbers | None:
    """Return the last complete lap, or None if there is none or its ends do not meet."""
    angles = track[:, 0]
    starts = np.flatnonzero((angles[1:] > START_ANGLE) & (angles[:-1] <= START_ANGLE)) + 1
    if len(starts) < 2:
        return None
    lap = track[starts[-2] : starts[-1] - 1]
    heading = lap[0, 1]
    gap = np.sqrt(
        np.square(math.cos(heading) * (lap[0, 2] - lap[-1, 2]))
        + np.square(math.sin(heading) * (lap[0, 3] - lap[-1, 3]))
    )
    return None if gap > TRACK_DETAIL_STEP else np.ascontiguousarray(lap)


@compiled(numba.boolean[::1](numba.float64[:, ::1]))
def find_kerbs(track: Numbers) -> NDArray[np.bool_]:
    """Return for each tile whether it has a kerb; tiles in sharp turns do."""
    length = len(track)
    kerbs = np.zeros(length, dtype=np.bool_)
    for i in range(length):
        good, side = True, 0.0
        for back in range(BORDER_MIN_COUNT):
            turn = track[(i - back) % length, 1] - track[(i - back - 1) % length, 1]
            good &= abs(turn) > TRACK_TURN_RATE * 0.2
            side += np.sign(turn)
        kerbs[i] = good and abs(side) == BORDER_MIN_COUNT
    for i in range(length):
        for back in range(BORDER_MIN_COUNT):
            kerbs[(i - back) % length] |= kerbs[i]
    return kerbs


@compiled(
    numba.int64(numba.float64[:, ::1], numba.float64[:, :, ::1], numba.uint8[::1], numba.int64[::1])
)
def lay(
    track: Numbers, quads: Numbers, colours: NDArray[np.uint8], tiles: NDArray[np.int64]
) -> int:
    """Write the corners and colours of tiles and kerbs, in Gymnasium's drawing order.

    Args:
        track: (tiles, 4), a closed loop.
        quads: (quads, 4, 2): receives each quad's corners. A tile's are left and right of its end,
            then right and left of its start.
        colours: (quads,): receives the quads' numbers in the palette.
        tiles: (tiles,): receives the number of each tile's quad.

    Returns:
        the number of quads.
    """
    kerbs = find_kerbs(track)
    count = 0
    for i in range(len(track)):
        before = i - 1 if i > 0 else len(track) - 1
        a1, x1, y1 = track[i, 1], track[i, 2], track[i, 3]
        a2, x2, y2 = track[before, 1], track[before, 2], track[before, 3]
        c1, s1, c2, s2 = math.cos(a1), math.sin(a1), math.cos(a2), math.sin(a2)
        quads[count, 0, 0], quads[count, 0, 1] = x1 - TRACK_WIDTH * c1, y1 - TRACK_WIDTH * s1
        quads[count, 1, 0], quads[count, 1, 1] = x1 + TRACK_WIDTH * c1, y1 + TRACK_WIDTH * s1
        quads[count, 2, 0], quads[count, 2, 1] = x2 + TRACK_WIDTH * c2, y2 + TRACK_WIDTH * s2
        quads[count, 3, 0], quads[count, 3, 1] = x2 - TRACK_WIDTH * c2, y2 - TRACK_WIDTH * s2
        colours[count] = SHADES + i % 3
        tiles[i] = count
        count += 1
        if not kerbs[i]:
            continue
        side = np.sign(a2 - a1)
        inner, outer = side * TRACK_WIDTH, side * (TRACK_WIDTH + BORDER)
        quads[count, 0, 0], quads[count, 0, 1] = x1 + inner * c1, y1 + inner * s1
        quads[count, 1, 0], quads[count, 1, 1] = x1 + outer * c1, y1 + outer * s1
        quads[count, 2, 0], quads[count, 2, 1] = x2 + outer * c2, y2 + outer * s2
        quads[count, 3, 0], quads[count, 3, 1] = x2 + inner * c2, y2 + inner * s2
        colours[count] = KERB_WHITE if i % 2 == 0 else KERB_RED
        count += 1
    return count
