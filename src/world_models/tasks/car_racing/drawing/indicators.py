"""The strip below the picture: the reward so far, speed, wheels, steering and gyroscope."""

import functools
import math

import numba
import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.compiled import compiled
from world_models.tasks.car_racing.drawing.view import HEIGHT, SIZE, WIDTH

STRIP = 12  # rows of the 96
TEXT = 12  # columns that the reward takes, on the left
UNIT_X, UNIT_Y = WIDTH / 40, HEIGHT / 40  # Gymnasium's units, in drawn pixels
TOP = HEIGHT * 7 / 8  # the strip's top edge, in drawn pixels

# For each bar: its left edge in units, its length in units per unit of the number shown, and red,
# green and blue. Upright bars also have 1 if they are a drawn pixel wider than their unit, else 0:
# where two bars touch, the later one has that pixel.
UPRIGHT = (
    (5, 0.02, 255, 255, 255, 1),  # speed
    (7, 0.01, 0, 0, 255, 0),  # front wheels
    (8, 0.01, 0, 0, 255, 0),
    (9, 0.01, 51, 0, 255, 0),  # rear wheels
    (10, 0.01, 51, 0, 255, 1),
)
LEVEL = ((20, -10.0, 0, 255, 0), (30, -0.8, 255, 0, 0))  # steering, gyroscope
LEAST = 1e-4  # smaller numbers are not shown


@compiled()
def overlap(pixel: int, scale: float, first: float, end: float) -> float:
    """Return the share of a pixel, `scale` drawn pixels wide, that lies from `first` to `end`."""
    return max(min((pixel + 1) * scale, end) - max(pixel * scale, first), 0.0) / scale


@compiled()
def paint_bar(strip, west, north, east, south, colour):  # type: ignore[no-untyped-def]
    """Paint a rectangle. In each pixel it covers free space first, then what is already there.

    Args:
        strip: float64, (12, 96, 3).
        west, north, east, south: the edges, in drawn pixels.
        colour: red, green and blue; the brightest channel of every bar is 255.
    """
    for row in range(STRIP):
        height = overlap(row, HEIGHT / SIZE, north - TOP, south - TOP)
        if height == 0:
            continue
        for column in range(SIZE):
            share = height * overlap(column, WIDTH / SIZE, west, east)
            taken = max(strip[row, column, 0], strip[row, column, 1], strip[row, column, 2]) / 255
            kept = min((1 - share) / taken, 1.0) if taken > 0 else 1.0
            for channel in range(3):
                light = kept * strip[row, column, channel]
                strip[row, column, channel] = light + share * colour[channel]


@compiled(numba.uint8[:, :, ::1](numba.float64[::1]))
def draw_bars(numbers: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the strip without the reward, (12, 96, 3).

    Args:
        numbers: the speed in metres per second; the angular velocities of the four wheels, in
            radians per second; the steering angle in radians; the hull's angular velocity, in
            radians per second.
    """
    strip = np.zeros((STRIP, SIZE, 3))
    for i in range(len(UPRIGHT)):
        place, length, red, green, blue, last = UPRIGHT[i]
        if abs(numbers[i]) > LEAST:
            low = HEIGHT - UNIT_Y
            high = math.trunc(low - UNIT_Y * length * numbers[i])
            west, east = place * UNIT_X, (place + 1) * UNIT_X + last
            north, south = min(low, high), max(low, high) + 1
            paint_bar(strip, west, north, east, south, (red, green, blue))
    for i in range(len(LEVEL)):
        place, length, red, green, blue = LEVEL[i]
        number = numbers[len(UPRIGHT) + i]
        if abs(number) > LEAST:
            begin, end = place * UNIT_X, math.trunc((place + length * number) * UNIT_X)
            west, east = min(begin, end), max(begin, end) + 1
            north, south = HEIGHT - 4 * UNIT_Y, HEIGHT - 2 * UNIT_Y + 1
            paint_bar(strip, west, north, east, south, (red, green, blue))
    shown = np.empty((STRIP, SIZE, 3), dtype=np.uint8)
    for row in range(STRIP):
        for column in range(SIZE):
            for channel in range(3):  # pygame's reduction turns v into v - 2
                shown[row, column, channel] = max(round(strip[row, column, channel]) - 2, 0)
    return shown


@functools.lru_cache(maxsize=4096)
def draw_reward(text: str) -> NDArray[np.uint8]:
    """Return the left end of the strip, (12, 12, 3), with the reward rendered by pygame."""
    import pygame

    pygame.font.init()
    surface = pygame.Surface((round(TEXT * WIDTH / SIZE), round(STRIP * HEIGHT / SIZE)), depth=32)
    font = pygame.font.Font(pygame.font.get_default_font(), 42)
    written = font.render(text, True, (255, 255, 255), (0, 0, 0))
    place = written.get_rect()
    place.center = (60, round(HEIGHT - HEIGHT * 2.5 / 40 - TOP))
    surface.blit(written, place)
    small = pygame.transform.smoothscale(surface, (TEXT, STRIP))
    return np.ascontiguousarray(pygame.surfarray.array3d(small).transpose(1, 0, 2))
