"""Paint what a frame shows, in this order: field, grass, road, car."""

import math

import numpy as np
from gymnasium.envs.box2d import car_dynamics, car_racing

from world_models.tasks.car_racing.compiled import compiled
from world_models.tasks.car_racing.drawing import palette
from world_models.tasks.car_racing.drawing.polygons import SIDE, fill_polygon
from world_models.tasks.car_racing.drawing.view import MARGIN_X, MARGIN_Y

FIELD = car_racing.PLAYFIELD  # metres from the centre to the field's edges
SQUARE = car_racing.GRASS_DIM  # side of a grass square, in metres
SQUARES = 20  # squares from the centre to the edge; every other one is drawn in each direction

SIZE = car_dynamics.SIZE  # metres per unit of the car's drawing
HULL_PARTS = (
    car_dynamics.HULL_POLY1,
    car_dynamics.HULL_POLY2,
    car_dynamics.HULL_POLY3,
    car_dynamics.HULL_POLY4,
)
HULL_COUNTS = tuple(len(part) for part in HULL_PARTS)
HULL = np.zeros((len(HULL_PARTS), max(HULL_COUNTS), 2))  # metres from the hull's origin
for _part, _corners in enumerate(HULL_PARTS):
    HULL[_part, : len(_corners)] = np.array(_corners) * SIZE
AXLES = np.array(car_dynamics.WHEELPOS) * SIZE
HALF_WIDTH, RADIUS = car_dynamics.WHEEL_W * SIZE, car_dynamics.WHEEL_R * SIZE
MARK_ANGLE = 1.2  # the part of a tyre's circumference that its grey mark takes, in radians

# A car: the hull's x, y and angle, the time, each wheel's angle, and how far each has turned.
CAR_NUMBERS = 4 + 4 + 4


@compiled()
def fill_quad(pixels, samples, view, corners, colour, xs, ys, left, right):  # type: ignore[no-untyped-def]
    """Paint a quadrilateral; its corners are (4, 2), in metres in the world."""
    xx, xy, x0, yx, yy, y0 = view
    for i in range(4):
        xs[i] = xx * corners[i, 0] + xy * corners[i, 1] + x0
        ys[i] = yx * corners[i, 0] + yy * corners[i, 1] + y0
    fill_polygon(pixels, samples, xs, ys, 4, colour, MARGIN_X, MARGIN_Y, left, right)


@compiled()
def paint_field(pixels, samples, view, xs, ys, left, right):  # type: ignore[no-untyped-def]
    """Paint the field and its lighter squares; everything beyond the field is black."""
    rows, columns = pixels.shape
    xx, xy, x0, yx, yy, y0 = view
    # The inverse of the view gives the picture's corners in the world.
    determinant = xx * yy - xy * yx
    west, east, south, north = np.inf, -np.inf, np.inf, -np.inf
    for i in range(4):
        u, v = (i & 1) * columns * SIDE - x0, (i >> 1) * rows * SIDE - y0
        x, y = (yy * u - xy * v) / determinant, (xx * v - yx * u) / determinant
        west, east, south, north = min(west, x), max(east, x), min(south, y), max(north, y)
    corners = np.empty((4, 2))
    if west > -FIELD and east < FIELD and south > -FIELD and north < FIELD:
        pixels[:] = palette.FIELD
    else:
        pixels[:] = palette.OUTSIDE
        corners[0], corners[1] = (FIELD, FIELD), (FIELD, -FIELD)
        corners[2], corners[3] = (-FIELD, -FIELD), (-FIELD, FIELD)
        fill_quad(pixels, samples, view, corners, palette.FIELD, xs, ys, left, right)
    first_x, last_x = square(west), square(east)
    first_y, last_y = square(south), square(north)
    for i in range(first_x, last_x + 1, 2):
        for j in range(first_y, last_y + 1, 2):
            x, y = i * SQUARE, j * SQUARE
            corners[0], corners[1] = (x + SQUARE, y), (x, y)
            corners[2], corners[3] = (x, y + SQUARE), (x + SQUARE, y + SQUARE)
            fill_quad(pixels, samples, view, corners, palette.GRASS, xs, ys, left, right)


@compiled()
def square(place):  # type: ignore[no-untyped-def]
    """Return the number of the last painted square at or before `place`, kept within the field."""
    number = 2 * math.floor(place / SQUARE / 2)
    return min(max(number, -SQUARES), SQUARES - 2)


@compiled()
def paint_road(pixels, samples, view, road, colours, count, xs, ys, left, right):  # type: ignore[no-untyped-def]
    """Paint the tiles and kerbs that may be visible."""
    rows, columns = pixels.shape
    xx, xy, x0, yx, yy, y0 = view
    for i in range(count):
        # A tile's corners are less than 16 metres apart.
        quad = road[i]
        x = xx * quad[0, 0] + xy * quad[0, 1] + x0
        y = yx * quad[0, 0] + yy * quad[0, 1] + y0
        reach = 16.0 * (abs(xx) + abs(xy))
        if x < -reach or x > columns * SIDE + reach:
            continue
        reach = 16.0 * (abs(yx) + abs(yy))
        if y < -reach or y > rows * SIDE + reach:
            continue
        fill_quad(pixels, samples, view, quad, colours[i], xs, ys, left, right)


@compiled()
def paint_car(pixels, samples, view, car, xs, ys, left, right):  # type: ignore[no-untyped-def]
    """Paint the wheels, their grey marks, and the hull."""
    corners = np.empty((4, 2))
    c, s = math.cos(car[2]), math.sin(car[2])
    for wheel in range(4):
        # A joint keeps the wheel's centre within millimetres of its axle.
        x = car[0] + c * AXLES[wheel, 0] - s * AXLES[wheel, 1]
        y = car[1] + s * AXLES[wheel, 0] + c * AXLES[wheel, 1]
        place_tyre(corners, x, y, car[4 + wheel], RADIUS, -RADIUS)
        fill_quad(pixels, samples, view, corners, palette.TYRE, xs, ys, left, right)
        begin, end = car[8 + wheel], car[8 + wheel] + MARK_ANGLE
        s1, s2, c1, c2 = math.sin(begin), math.sin(end), math.cos(begin), math.cos(end)
        if s1 > 0 and s2 > 0:  # the mark is on the underside
            continue
        if s1 > 0:
            c1 = np.sign(c1)
        if s2 > 0:
            c2 = np.sign(c2)
        place_tyre(corners, x, y, car[4 + wheel], RADIUS * c1, RADIUS * c2)
        fill_quad(pixels, samples, view, corners, palette.MARK, xs, ys, left, right)
    xx, xy, x0, yx, yy, y0 = view
    for part in range(len(HULL_COUNTS)):
        count = HULL_COUNTS[part]
        for i in range(count):
            x = car[0] + c * HULL[part, i, 0] - s * HULL[part, i, 1]
            y = car[1] + s * HULL[part, i, 0] + c * HULL[part, i, 1]
            xs[i] = xx * x + xy * y + x0
            ys[i] = yx * x + yy * y + y0
        fill_polygon(pixels, samples, xs, ys, count, palette.HULL, MARGIN_X, MARGIN_Y, left, right)


@compiled()
def place_tyre(corners, x, y, angle, front, back):  # type: ignore[no-untyped-def]
    """Write the corners of a part of a wheel's tread, `front` to `back` metres from its centre."""
    c, s = math.cos(angle), math.sin(angle)
    for i in range(4):
        side = -HALF_WIDTH if i == 0 or i == 3 else HALF_WIDTH
        along = front if i < 2 else back
        corners[i, 0] = x + c * side - s * along
        corners[i, 1] = y + s * side + c * along
