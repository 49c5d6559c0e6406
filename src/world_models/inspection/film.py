"""Pictures of what was seen and dreamt, as an animated GIF."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from world_models.storage.files import atomic
from world_models.vision.model import Vision, to_frames, to_images

GAP = 2  # pixels between two frames side by side
BATCH = 256  # frames that V is given at once


@torch.inference_mode()
def decoded(vision: Vision, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return what latents, (n, latent_size), stand for: frames, uint8 (n, 64, 64, 3)."""
    parts = torch.from_numpy(latents).split(BATCH)
    return np.concatenate([to_frames(vision.decode(part)) for part in parts])


@torch.inference_mode()
def view_of(vision: Vision, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return V's reconstructions of frames, uint8 (n, 64, 64, 3), decoded from μ."""
    parts = [frames[i : i + BATCH] for i in range(0, len(frames), BATCH)]
    return decoded(vision, torch.cat([vision.encode(to_images(p))[0] for p in parts]).numpy())


def side_by_side(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return frames, each (n, 64, 64, 3), beside each other, black between: (n, 64, 130, 3)."""
    gap = np.zeros((*left.shape[:2], GAP, 3), dtype=np.uint8)
    return np.concatenate([left, gap, right], axis=2)


def write_gif(path: Path, pictures: NDArray[np.uint8], seconds: float, enlarge: int = 1) -> None:
    """Write an animated GIF that repeats for ever, atomically.

    A GIF has 256 colours a picture, chosen for each anew. Pictures that follow their like become
    one that stays for longer.

    Args:
        path: where.
        pictures: uint8, (n, height, width, 3), red, green, blue, first row on top.
        seconds: how long each is shown, rounded to hundredths and at least one.
        enlarge: how many pixels of the GIF, in width and height, one of a picture becomes.

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
