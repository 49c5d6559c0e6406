"""Measure what the cost model needs, and write benchmarks/rates.json: `python -m benchmarks.rates`.

All rates are for one core, except that trainings use two threads. This takes a few minutes;
nothing else should run meanwhile.
"""

import itertools
import statistics
import tempfile
from pathlib import Path

import numpy as np
import torch

from benchmarks.__main__ import processor, run
from benchmarks.measure import rate
from benchmarks.models import build, in_reality, step_forever
from benchmarks.rollout import FAST
from world_models.collection.record import SLOTS
from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import Recorder
from world_models.rollouts.store import StoreWriter
from world_models.seeds import Purpose, derive
from world_models.settings import Settings
from world_models.storage.files import write_json
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment
from world_models.vision.model import Vision, to_images

HERE = Path(__file__).resolve().parent
SCORED = 10  # reference environments side by side


def median(work, rounds: int = 3) -> float:  # type: ignore[no-untyped-def]
    """Return the median rate after one run to warm up."""
    rate(work)
    return statistics.median(rate(work) for _ in range(rounds))


def collecting(name: str) -> dict[str, float]:
    """Return frames stored per second, bytes per frame, and the mean length of an episode."""
    task = get_task(name, FAST[name])
    numbers, seen = itertools.count(), []

    behaviour = task.behaviours[Settings().tasks[name].rollouts.behaviour]

    def work() -> int:
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder) / "0000.zarr"
            writer = StoreWriter(store)
            environments = task.make_training(SLOTS)
            actor = BehaviourActor(behaviour, SLOTS, task.action_size)
            assignments = [
                Assignment(0, derive(1, Purpose.COLLECTION, "rates", next(numbers)))
                for _ in range(SLOTS)
            ]
            recorder = Recorder(lambda episode: writer.append(**episode))
            played = play(actor, environments, assignments, [recorder])
            lengths = [episode.steps for episode in played]
            writer.close()
            environments.close()
            size = sum(f.stat().st_size for f in store.rglob("*") if f.is_file())
        seen.append((size / sum(lengths), statistics.mean(lengths)))
        return sum(lengths)

    found = {f"{name} collect": rate(work)}  # thousands of frames: no need to repeat it
    found[f"{name} frame"] = statistics.mean(size for size, _ in seen)
    found[f"{name} recorded length"] = statistics.mean(length for _, length in seen)
    return found


def scoring(name: str) -> float:
    """Return steps per second of a controller in the reference environment."""
    built = build(name)
    environments = SyncVectorEnvironment(
        [get_task(name, FAST[name]).make_environment() for _ in range(SCORED)]
    )
    step = step_forever(in_reality(built, SCORED, fast=False), environments)
    found = median(lambda: sum(step() for _ in range(60)))
    environments.close()
    return found


def encoding() -> float:
    """Return frames per second through V's encoder, as the stage runs it."""
    model = Vision(32).eval().requires_grad_(False)
    frames = np.random.default_rng(0).integers(0, 256, (512, 64, 64, 3), dtype=np.uint8)

    @torch.inference_mode()
    def work() -> int:
        for _ in range(4):
            model.encode(to_images(frames))
        return 4 * len(frames)

    return median(work)


def main() -> None:
    """Measure all and write the file."""
    rates: dict[str, float] = {}

    def keep(**found: float) -> None:
        print(found, flush=True)
        rates.update({key: float(f"{value:.4g}") for key, value in found.items()})

    torch.set_num_threads(1)
    for name in ("car_racing", "take_cover"):
        keep(**collecting(name))
        keep(**{f"{name} score": scoring(name)})
        keep(**{f"{name} latent": 8 * Settings().tasks[name].vision.latent_size})  # bytes
    keep(encode=encoding())
    # Each in its own process, as the command line runs them.
    for key, name in {
        "car_racing fitness": "rollout-car-racing",
        "take_cover fitness": "rollout-take-cover",
        "dream": "dream",
        "vision mixed": "vision",
        "vision float32": "vision-float32",
        "car_racing memory": "memory",
        "take_cover memory": "memory-take-cover",
    }.items():
        keep(**{key: run(name)["value"]})
    content = {"where": processor(), "rates": dict(sorted(rates.items()))}
    write_json(HERE / "rates.json", content)


if __name__ == "__main__":
    main()
