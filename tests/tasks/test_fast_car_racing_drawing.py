"""Our CarRacing draws what Gymnasium draws, except for rounding along edges."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from tests.tasks import drivers
from world_models.environments import CAR_RACING as NAME
from world_models.tasks.car_racing import compiled
from world_models.tasks.car_racing.drawing.polygons import MIXED, SIDE, fill_polygon
from world_models.tasks.car_racing.drawing.reduction import reduce_picture
from world_models.tasks.frames import reduce_frames


def watch(driver: Callable[[int], drivers.Driver], seed: int, steps: int, **options: bool):  # type: ignore[no-untyped-def]
    """Play an episode in both; return Gymnasium's and our frames, (2, steps + 1, 96, 96, 3)."""
    theirs, ours = gymnasium.make("CarRacing-v3", **options), gymnasium.make(NAME, **options)
    pairs = [(theirs.reset(seed=seed)[0], ours.reset(seed=seed)[0])]
    drive = driver(seed)
    for _ in range(steps):
        action = drive(theirs.unwrapped).astype(np.float64)
        expected, found = theirs.step(action), ours.step(action)
        assert found[1:4] == expected[1:4]
        pairs.append((expected[0], found[0]))
        if expected[2]:
            break
    theirs.close()
    return np.array(pairs).swapaxes(0, 1)


def close(theirs: NDArray[np.uint8], ours: NDArray[np.uint8]) -> None:
    """Check all observations: the picture, the indicators, and the reduced frames."""
    # In int16, and by hand over the three colours: NumPy takes several times as long otherwise.
    off = np.abs(theirs.astype(np.int16) - ours)
    picture, strip = off[:, :84], off[:, 84:]
    red, green, blue = np.moveaxis(picture, -1, 0)
    far = np.maximum(np.maximum(red, green), blue) > 25
    assert picture.mean() < 0.2  # of 255
    assert picture.mean(axis=(1, 2, 3)).max() < 0.5  # the worst frame
    assert far.mean() < 0.001
    assert far.mean(axis=(1, 2)).max() < 0.004
    assert strip.mean() < 0.1
    assert strip.max() < 30
    reduced = [
        reduce_frames(np.ascontiguousarray(frames), 84).astype(np.int16)
        for frames in (theirs, ours)
    ]
    assert np.abs(reduced[0] - reduced[1]).mean() < 0.16


@pytest.mark.parametrize(
    ("driver", "seed", "steps"),
    [
        (drivers.walking, 1, 150),  # the zoom of the first second, and some time after it
        (drivers.swerving, 2, 260),  # kerbs, skids, tiles before and after visits
        (drivers.leaving, 3, 260),  # the black beyond the field
    ],
)
def test_observations(driver: Callable[[int], drivers.Driver], seed: int, steps: int) -> None:
    """Frames of whole drives match, indicators included."""
    close(*watch(driver, seed, steps))


def test_random_colours() -> None:
    """Each episode has its own colours, unless asked to keep them."""
    theirs, ours = watch(drivers.swerving, 7, 120, domain_randomize=True)
    close(theirs, ours)
    pair = [gymnasium.make(name, domain_randomize=True) for name in ("CarRacing-v3", NAME)]
    for environment in pair:
        environment.reset(seed=5)
    for keep in (True, False):
        options = {"randomize": not keep}
        frames = [environment.reset(seed=6, options=options)[0] for environment in pair]
        assert np.abs(frames[0].astype(int) - frames[1]).mean() < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_observations_of_whole_laps(seed: int) -> None:
    """A good driver's whole episodes match."""
    close(*watch(drivers.following, seed, 1000))


def test_films_are_gymnasiums() -> None:
    """`render` is Gymnasium's own, so it gives the same bytes, tyre marks included."""
    pair = [gymnasium.make(name, render_mode="rgb_array") for name in ("CarRacing-v3", NAME)]
    drive = drivers.swerving(2)
    for environment in pair:
        environment.reset(seed=8)
    for _ in range(120):
        action = drive(pair[0].unwrapped).astype(np.float64)
        for environment in pair:
            environment.step(action)
    assert len(pair[0].unwrapped.car.particles) > 0
    films = [environment.render() for environment in pair]
    assert np.array_equal(films[0], films[1])


def inside(corners: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """Return how far each sample's centre is inside a convex polygon, in samples."""
    y, x = np.mgrid[: rows * SIDE, : columns * SIDE] + 0.5
    depth = np.full(x.shape, np.inf)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        length = np.hypot(x1 - x0, y1 - y0)
        depth = np.minimum(depth, ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length)
    return depth


def test_polygons() -> None:
    """With overlapping polygons, partly outside the picture, the last polygon's colour wins."""
    rng = np.random.default_rng(0)
    rows, columns = 21, 30
    pixels = np.zeros((rows, columns), dtype=np.uint8)
    samples = np.zeros((rows, columns, SIDE), dtype=np.uint32)
    expected = np.zeros((rows * SIDE, columns * SIDE), dtype=np.uint8)
    left, right = np.empty(rows * SIDE), np.empty(rows * SIDE)
    for number in range(300):
        points = rng.uniform(-20, 140, size=2) + rng.normal(0, rng.choice([1, 8, 40]), (8, 2))
        corners = points[ConvexHull(points).vertices]
        outline = corners[::-1] if number % 2 else corners  # clockwise or anticlockwise
        colour = int(rng.integers(255))
        xs, ys = np.ascontiguousarray(outline[:, 0]), np.ascontiguousarray(outline[:, 1])
        fill_polygon(pixels, samples, xs, ys, len(xs), colour, 0.0, 0.0, left, right)
        depth = inside(corners, rows, columns)
        expected[depth > 1e-9] = colour
        blocks = samples.view(np.uint8).reshape(rows, columns, SIDE, SIDE)
        drawn = np.where((pixels == MIXED)[:, :, None, None], blocks, pixels[:, :, None, None])
        drawn = drawn.transpose(0, 2, 1, 3).reshape(expected.shape)
        sure = np.abs(depth) > 1e-9
        assert np.array_equal(drawn[sure], expected[sure])
        expected[:] = drawn


def test_reduction_is_reduce_frames() -> None:
    """The compiled reduction equals `reduce_frames` to the bit, for any picture."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (20, 84, 96, 3), dtype=np.uint8)
    pictures = np.concatenate([noise, np.where(noise > 127, 255, 0), np.full_like(noise, 255)])
    pictures = pictures.astype(np.uint8)
    expected = reduce_frames(pictures, 84)
    narrow, line = np.empty((84, 192), dtype=np.int32), np.empty(192, dtype=np.int32)
    frame = np.empty((64, 64, 3), dtype=np.uint8)
    for picture, reference in zip(pictures, expected, strict=True):
        phases = np.ascontiguousarray(picture.reshape(84, 32, 3, 3).transpose(0, 2, 1, 3))
        reduce_picture(phases, narrow, line, frame)
        assert np.array_equal(frame, reference)


def test_compiled_once() -> None:
    """A second process reuses the code that this one compiled."""
    code = (
        "from world_models.tasks.car_racing.drawing.picture import draw_frames as f;"
        "print(sum(f.stats.cache_hits.values()), sum(f.stats.cache_misses.values()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout.split() == ["1", "0"]


def test_where_compiled_code_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first safe, writable place is used; without one, compiling still works."""
    (tmp_path / "file").write_text("not a folder")
    bad, good = tmp_path / "file", tmp_path / "folder"
    monkeypatch.setattr(compiled, "places", lambda: iter([bad, good]))
    found = compiled.cache_folder()
    assert found is not None and found.parent == good and found.is_dir()
    found.chmod(0o777)  # others could place code in it
    assert compiled.cache_folder() is None
    monkeypatch.setattr(compiled, "FOLDER", None)
    double = compiled.compiled("int64(int64)")(lambda number: 2 * number)
    assert double(21) == 42
