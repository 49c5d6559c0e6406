"""The colours of a scene, by number."""

import numpy as np
from numpy.typing import NDArray

OUTSIDE = 0  # beyond the playing field
FIELD = 1
GRASS = 2  # the lighter squares
ROAD = 3  # tiles that have been touched
SHADES = 4  # tiles not yet touched: 4, 5 and 6 in turn
KERB_WHITE = 7
KERB_RED = 8
HULL = 9
TYRE = 10
MARK = 11  # on the tyres, which makes turning wheels visible
COLOURS = 12


def make_palette(
    field: NDArray[np.float64], grass: NDArray[np.float64], road: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Return the red, green and blue of each colour, (COLOURS, 3), truncated as in Gymnasium.

    Args:
        field, grass, road: Gymnasium's `bg_color`, `grass_color`, `road_color`, 0 to 255.
    """
    palette = np.zeros((COLOURS, 3))
    palette[FIELD] = field
    palette[GRASS] = grass
    palette[ROAD] = road
    for shade in range(3):
        palette[SHADES + shade] = road + 0.01 * shade * 255
    palette[KERB_WHITE] = 255
    palette[KERB_RED] = (255, 0, 0)
    palette[HULL] = (204, 0, 0)
    palette[MARK] = 77
    return palette.astype(np.uint8)


def reduced(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the colours as Gymnasium's observation shows them.

    pygame's `smoothscale`, which reduces 1,000 x 800 pixels to 96 x 96, rounds down several times:
    a uniform area of v becomes v - 2.
    """
    return np.where(palette > 2, palette, 2) - np.uint8(2)
