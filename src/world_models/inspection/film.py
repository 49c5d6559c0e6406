"""Write real and dreamt frames as an animated GIF or WebP, an MP4, or a page."""

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from world_models.errors import WorldModelsError
from world_models.inspection.player import Moving, player
from world_models.storage.files import atomic
from world_models.vision.model import Vision, to_frames, to_images

GAP = 2  # pixels between two frames side by side
BATCH = 256  # frames that V is given at once
QUALITY = 85  # of a WebP: no visible blocks, and a tenth of a GIF's bytes


@torch.inference_mode()
def decoded(vision: Vision, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the frames, uint8 (n, 64, 64, 3), that V decodes from latents, (n, latent_size)."""
    parts = torch.from_numpy(latents).split(BATCH)
    return np.concatenate([to_frames(vision.decode(part)) for part in parts])


@torch.inference_mode()
def view_of(vision: Vision, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return V's reconstructions of frames, uint8 (n, 64, 64, 3), decoded from μ."""
    parts = [frames[i : i + BATCH] for i in range(0, len(frames), BATCH)]
    return decoded(vision, torch.cat([vision.encode(to_images(p))[0] for p in parts]).numpy())


def in_a_row(films: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return films, each (n, 64, 64, 3), side by side with black gaps: (n, 64, …, 3)."""
    gap = np.zeros((*films[0].shape[:2], GAP, 3), dtype=np.uint8)
    parts = [part for each in films for part in (gap, each)]
    return np.concatenate(parts[1:], axis=2)


def beside(films: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return films side by side; one that ends early stays at its last picture."""
    longest = max(len(each) for each in films)
    return in_a_row(
        [np.concatenate([each, each[-1:].repeat(longest - len(each), 0)]) for each in films]
    )


def as_grid(films: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Return films, (n, films, 64, 64, 3), in rows of `columns`, with black gaps."""
    count = films.shape[1]
    rows = [
        in_a_row([films[:, each] for each in range(first, first + columns)])
        for first in range(0, count, columns)
    ]
    gap = np.zeros((len(films), GAP, *rows[0].shape[2:]), dtype=np.uint8)
    return np.concatenate([part for row in rows for part in (gap, row)][1:], axis=1)


def write_film(path: Path, pictures: NDArray[np.uint8], seconds: float, enlarge: int = 1) -> None:
    """Write a GIF, an MP4 or a page, depending on the suffix; arguments as `write_gif`.

    Raises:
        WorldModelsError: the suffix is unknown, or the disk is full. Nothing is written.
    """
    writers = {".gif": write_gif, ".mp4": write_mp4, ".html": write_page}
    if path.suffix not in writers:
        raise WorldModelsError(f"{path}: unknown film format; use one of {', '.join(writers)}")
    writers[path.suffix](path, pictures, seconds, enlarge)


def write_page(path: Path, pictures: NDArray[np.uint8], seconds: float, enlarge: int = 1) -> None:
    """Write a page that plays the film, atomically; arguments as `write_gif`.

    The browser enlarges the pictures, at most to the size of its window.
    """
    with atomic(path) as temporary:
        shown = player(path.stem, moving(pictures, seconds), enlarge)
        temporary.write_text(shown, encoding="utf-8", newline="\n")


def moving(pictures: NDArray[np.uint8], seconds: float) -> Moving:
    """Return a film as an animated WebP that repeats for ever, for a page.

    Args:
        pictures: uint8, (n, height, width, 3).
        seconds: how long each is shown, rounded to milliseconds.
    """
    images = [Image.fromarray(picture) for picture in pictures]
    animated, still = io.BytesIO(), io.BytesIO()
    images[0].save(
        animated, format="WebP", save_all=True, append_images=images[1:],
        duration=max(round(seconds * 1000), 1), loop=0, quality=QUALITY,
    )  # fmt: skip
    images[0].save(still, format="WebP", quality=QUALITY)
    return Moving(animated.getvalue(), still.getvalue(), *images[0].size)


def write_mp4(path: Path, pictures: NDArray[np.uint8], seconds: float, enlarge: int = 1) -> None:
    """Write an MP4 that any browser plays (H.264, 4:2:0), atomically; arguments as `write_gif`."""
    large = pictures.repeat(enlarge, axis=1).repeat(enlarge, axis=2)
    # The codec takes only even sizes.
    even = np.pad(large, [(0, 0), (0, large.shape[1] % 2), (0, large.shape[2] % 2), (0, 0)])
    rate = Fraction(1 / seconds).limit_denominator(1000)
    with atomic(path) as temporary, av.open(str(temporary), "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=rate, options={"crf": "18", "threads": "1"})
        stream.height, stream.width = even.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for picture in even:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode())


def write_gif(path: Path, pictures: NDArray[np.uint8], seconds: float, enlarge: int = 1) -> None:
    """Write an animated GIF that repeats for ever, atomically.

    Each picture has its own palette of 256 colours. Identical pictures in a row become one that
    is shown for longer.

    Args:
        path: the file to write.
        pictures: uint8, (n, height, width, 3), red, green, blue, first row on top.
        seconds: how long each is shown, rounded to hundredths, at least one hundredth.
        enlarge: width and height, in pixels of the GIF, of one pixel of a picture.

    Raises:
        WorldModelsError: the disk is full. Nothing is written.
    """
    size = (pictures.shape[2] * enlarge, pictures.shape[1] * enlarge)
    first, *rest = (
        Image.fromarray(picture).quantize(256).resize(size, Image.Resampling.NEAREST)
        for picture in pictures
    )
    milliseconds = max(round(seconds * 100), 1) * 10
    with atomic(path) as temporary:
        first.save(
            temporary, format="GIF", save_all=True, append_images=rest, optimize=False,
            duration=milliseconds, loop=0,
        )  # fmt: skip
