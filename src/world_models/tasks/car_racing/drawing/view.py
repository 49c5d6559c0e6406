"""Map the world's metres to the samples of a picture, as Gymnasium's camera does."""

import math

from world_models.tasks.car_racing.compiled import compiled
from world_models.tasks.car_racing.drawing.polygons import SIDE

# Gymnasium draws 1,000 x 800 pixels, with the car at (500, 200) from the bottom left, and reduces
# them to 96 x 96.
WIDTH, HEIGHT = 1000, 800
CAR_X, CAR_Y = 500, 200
SIZE = 96
SAMPLES_X = SIZE * SIDE / WIDTH  # samples per drawn pixel
SAMPLES_Y = SIZE * SIDE / HEIGHT
# pygame fills both ends of a row and blends the outline with its surroundings. This makes a polygon
# wider by so many drawn pixels on each side.
OUTLINE = 0.6
MARGIN_X, MARGIN_Y = OUTLINE * SAMPLES_X, OUTLINE * SAMPLES_Y

FAR, NEAR = 0.1 * 6, 2.7 * 6  # drawn pixels per metre at the start, and from one second on


@compiled()
def zoom(time: float) -> float:
    """Return the drawn pixels per metre; the camera zooms in during the first second."""
    return FAR * max(1 - time, 0.0) + NEAR * min(time, 1.0)


@compiled()
def make_view(
    x: float, y: float, angle: float, time: float
) -> tuple[float, float, float, float, float, float]:
    """Return (xx, xy, x0, yx, yy, y0): samples are (xx*X + xy*Y + x0, yx*X + yy*Y + y0).

    Args:
        x, y, angle: the hull's position in metres and angle in radians; in the picture it faces up.
        time: seconds since the start.
    """
    scale = zoom(time)
    c, s = math.cos(angle), math.sin(angle)
    xx, xy = scale * SAMPLES_X * c, scale * SAMPLES_X * s
    yx, yy = scale * SAMPLES_Y * s, -scale * SAMPLES_Y * c  # rows count from the top
    x0 = CAR_X * SAMPLES_X - xx * x - xy * y
    y0 = (HEIGHT - CAR_Y) * SAMPLES_Y - yx * x - yy * y
    return xx, xy, x0, yx, yy, y0
