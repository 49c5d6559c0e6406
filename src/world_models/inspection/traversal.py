"""Film V's latents: each dimension goes from low to high and back while the others stay put."""

from pathlib import Path

import numpy as np
import torch

from world_models.inspection.film import as_grid, decoded, write_film
from world_models.stage.command import make_parser, run
from world_models.stage.log import start_log
from world_models.vision import model as vision_model

REACH, STEPS = 3.0, 24  # from -3 to 3, where the prior has nearly all of its mass
COLUMNS, SECONDS = 8, 1 / 12


def main(argv: list[str] | None = None) -> None:
    """Decode the traversals around the prior's mean, one picture per latent dimension."""
    parser = make_parser(__doc__)
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--output", type=Path, nargs="+", required=True, help="GIF or MP4 files")
    args = parser.parse_args(argv)
    start_log(args.log)
    vision, _ = vision_model.load(args.vision, args.task)
    torch.set_num_threads(1)
    values = np.linspace(-REACH, REACH, STEPS, dtype=np.float32)
    start = np.zeros(vision.latent_size, dtype=np.float32)  # the prior's mean, an average frame
    z = np.tile(start, (len(values), len(start), 1))  # (steps, dimension that moves, latent_size)
    for dimension in range(len(start)):
        z[:, dimension, dimension] = values
    frames = decoded(vision, z.reshape(-1, len(start)))
    there = as_grid(frames.reshape(len(values), -1, *frames.shape[1:]), COLUMNS)
    pictures = np.concatenate([there, there[-2:0:-1]])  # and back, without repeating the ends
    for output in args.output:
        write_film(output, pictures, SECONDS)


if __name__ == "__main__":
    run(main)
