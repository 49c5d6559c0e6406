"""What single optimisations gain: `python -m benchmarks.tricks` (two minutes).

Each line is one workload done in two ways, alternately, on one core (V's training on two threads).
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import zarr
from zarr.codecs import BloscCodec

from benchmarks.measure import compare
from benchmarks.models import build, in_reality, step_forever
from benchmarks.rollout import SLOTS
from benchmarks.stores import record
from world_models.tasks.car_racing.vector import VectorCarRacing
from world_models.vision.fast_encoder import FastEncoder
from world_models.vision.loss import loss_terms
from world_models.vision.model import Vision, to_images
from world_models.vision.settings import VisionSettings


def line(what: str, without: Callable[[], int], with_it: Callable[[], int]) -> None:
    """Print the microseconds per unit of both ways."""
    found = compare(what, with_it, without, rounds=5)
    print(f"| {what} | {1e6 / found.baseline:.0f} | {1e6 / found.value:.0f} |", flush=True)


@torch.inference_mode()
def encoder(frames: np.ndarray) -> None:
    """Compare V's encoder in float32 with the one that is used to rank candidates."""
    model = Vision(32).eval()
    fast, whole = FastEncoder(model, len(frames)), torch.from_numpy(frames).permute(0, 3, 1, 2)

    def exactly() -> int:
        return len([model.encode(to_images(frames)) for _ in range(5)]) * len(frames)

    def fastly() -> int:
        return len([fast(whole) for _ in range(5)]) * len(frames)

    line("encoding a frame: float32, `FastEncoder`", exactly, fastly)


def training(frames: np.ndarray) -> None:
    """Compare a step of V's training in float32 with mixed precision and fused Adam."""
    torch.set_num_threads(2)

    def work(mixed: bool) -> Callable[[], int]:
        model, settings = Vision(32), VisionSettings(mixed_precision=mixed)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=mixed)

        def step() -> int:
            noise = torch.randn(len(frames), 32)
            loss = sum(loss_terms(model, to_images(frames), noise, settings))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[union-attr]
            optimizer.step()
            return len(frames)

        return step

    line("training V by a frame: float32, mixed with fused Adam", work(False), work(True))
    torch.set_num_threads(1)


def deconvolution() -> None:
    """Compare V's first deconvolution as a layer and as in `Vision.decode`, forward and backward.

    Its input is one pixel of 1,024 channels.
    """
    layer = Vision(32).deconvolutions[0]
    assert isinstance(layer, torch.nn.ConvTranspose2d)
    pixel = torch.randn(32, 1024, requires_grad=True)

    def product(x: torch.Tensor) -> torch.Tensor:
        return (x @ layer.weight.flatten(1)).unflatten(1, layer.weight.shape[1:])

    def work(decode: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[], int]:
        def step() -> int:
            with torch.autocast("cpu", torch.bfloat16):
                decoded = decode(pixel)
            decoded.sum().backward()
            return len(pixel)

        return step

    line(
        "V's first deconvolution, forward and backward: as a layer, as a matrix product",
        work(lambda x: layer(x[:, :, None, None])),
        work(product),
    )


def storing(frames: np.ndarray) -> None:
    """Compare storing a frame at another compression level and at ours; print its bytes."""
    sizes = {}

    def work(level: int) -> Callable[[], int]:
        def write() -> int:
            with tempfile.TemporaryDirectory() as folder:
                group = zarr.create_group(zarr.storage.LocalStore(folder))
                group.create_array(
                    "frames", data=frames, chunks=(64, 64, 64, 3), shards=frames.shape,
                    compressors=BloscCodec(cname="zstd", clevel=level, shuffle="shuffle"),
                )  # fmt: skip
                files = (each for each in Path(folder).rglob("*") if each.is_file())
                sizes[level] = sum(each.stat().st_size for each in files) / len(frames)
            return len(frames)

        return write

    line("storing a frame: zstd level 5, level 3", work(5), work(3))
    print(f"| its bytes | {sizes[5]:.0f} | {sizes[3]:.0f} |")


def parts() -> None:
    """Print where a step of CarRacing spends its time, in microseconds per slot."""
    built, every = build("car_racing"), list(range(SLOTS))
    environments = built[0].make_training(SLOTS)
    agent = in_reality(built, SLOTS, fast=True)
    step = step_forever(agent, environments)
    for _ in range(50):  # the view zooms in for a second
        step()
    assert isinstance(environments, VectorCarRacing)
    spent = dict.fromkeys(("V, M and C", "physics", "drawing"), 0.0)
    for _ in range(60):
        marks = [time.perf_counter()]
        actions = agent.act(environments.observations, every)
        marks.append(time.perf_counter())
        for slot, action in enumerate(actions.astype(np.float64).tolist()):
            environments.games[slot].drive(*action)
        marks.append(time.perf_counter())
        environments.show(every)
        marks.append(time.perf_counter())
        for name, begin, end in zip(spent, marks, marks[1:], strict=False):
            spent[name] += (end - begin) / 60 / SLOTS
    shown = ", ".join(f"{name} {1e6 * seconds:.0f}" for name, seconds in spent.items())
    print(f"\na step of CarRacing, µs: {shown}")


def main() -> None:
    """Print the table, and the parts of a step."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        frames = np.asarray(record(Path(folder), 8, 512).rows["frames"][:])
    print("| what | µs without | µs with |\n|---|---|---|")
    training(frames[::40])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    deconvolution()
    encoder(frames[::64])
    storing(frames)
    parts()


if __name__ == "__main__":
    main()
