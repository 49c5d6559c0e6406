"""What each latent dimension stands for: it varies while the others stay at the prior's mean."""

import numpy as np
import torch
from matplotlib.figure import Figure

from world_models.paper.inputs import TaskResults
from world_models.paper.montage import montage
from world_models.vision.model import to_frames

CAPTION = (
    "Each latent dimension from −3 to 3, five pictures from left to right, decoded by V; all "
    "others are 0, the prior's mean. A dimension that changes nothing is one that V does not use."
)
VALUES = (-3.0, -1.5, 0.0, 1.5, 3.0)
BESIDE = 4  # dimensions per row


@torch.inference_mode()
def draw(results: TaskResults) -> Figure:
    """Draw four dimensions per row."""
    size = results.vision.latent_size
    z = torch.zeros(size, len(VALUES), size)
    for dimension in range(size):
        z[dimension, :, dimension] = torch.tensor(VALUES)
    decoded = to_frames(results.vision.decode(z.flatten(0, 1)))
    frames = decoded.reshape(size, len(VALUES), *decoded.shape[1:])
    rows, labels = [], []
    for first in range(0, size, BESIDE):
        some = frames[first : first + BESIDE].reshape(-1, *frames.shape[2:])
        missing = np.full((BESIDE * len(VALUES) - len(some), *some.shape[1:]), 255, dtype=np.uint8)
        rows.append(list(np.concatenate([some, missing])))
        labels.append(f"{first}–{min(first + BESIDE, size) - 1}")
    heads = [f"{value:g}".replace("-", "−") for value in VALUES] * BESIDE
    return montage(rows, labels, heads)
