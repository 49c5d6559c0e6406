"""Train M on recorded latents."""

import os
from collections.abc import Sequence
from pathlib import Path

import torch

from world_models.errors import WorldModelsError
from world_models.memory.latents import Latents
from world_models.memory.measure import measure
from world_models.memory.model import Initial, save
from world_models.memory.settings import MemorySettings
from world_models.memory.trainer import Training
from world_models.provenance.imports import progress_digest
from world_models.section import parse_settings
from world_models.stage.command import add_save_every, make_parser, run
from world_models.stage.devices import choose
from world_models.stage.log import LOG, start_log
from world_models.storage.checkpoints import round_to_half
from world_models.storage.columns import MEMORY_CURVE
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_json, write_text
from world_models.storage.snapshots import Snapshots

INITIAL_FRAMES = 1000  # beginnings that dreams choose from, as in the original


def produce(
    task: str,
    settings: MemorySettings,
    seed: int,
    latents: Sequence[Path],
    held_out: Sequence[Path],
    output: Path,
    curve: Path,
    metrics: Path,
    progress: Path | None = None,
    device: str = "cpu",
    save_every: float = 60.0,
) -> None:
    """Train M and write the checkpoint, the curve and the held-out measurements."""
    # Asks CUDA's matrix products for the same sums in the same order; read when CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    place = choose(device)
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(True)
    scratch = progress or output.parent
    data = Latents(latents, task, scratch)
    unseen = Latents(held_out, task, scratch)
    if (unseen.latent_size, unseen.vision) != (data.latent_size, data.vision):
        raise WorldModelsError(
            f"{unseen.shards[0].path}: encoded with another V than {data.shards[0].path}; "
            "encode both with the same V"
        )
    digests = [shard.about["sha256"] for shard in data.shards]
    fingerprint = {
        "task": task,
        "settings": settings.model_dump(),
        "seed": seed,
        "data": digests,
        "device": place.type,
        "code": progress_digest("world_models.memory.train"),
    }
    snapshots = Snapshots(progress, fingerprint, save_every)
    training = Training(task, settings, seed, data, place)
    training.run(snapshots)
    memory = training.memory.eval().requires_grad_(False)
    round_to_half(memory)
    measured = measure(memory, unseen, settings, training.derive("measure"), place)
    write_text(curve, curve_csv(MEMORY_CURVE, training.curve))
    write_json(metrics, {"kind": "memory_metrics", "task": task, **measured})
    save(
        output, task, memory, Initial(*data.first_frames(INITIAL_FRAMES)),
        settings=settings.model_dump(), run_seed=seed, trained_on=digests, vision=data.vision,
    )  # fmt: skip
    LOG.info("%s: held-out %s", output, measured)


def main(argv: list[str] | None = None) -> None:
    """Run the stage."""
    parser = make_parser(__doc__)
    parser.add_argument("--settings", required=True, help="JSON of the section memory")
    parser.add_argument("--latents", type=Path, nargs="+", required=True, help="manifests")
    parser.add_argument("--held-out", type=Path, nargs="+", required=True, help="manifests")
    parser.add_argument("--output", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--curve", type=Path, required=True, help="CSV of the training curve")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON of held-out measurements")
    parser.add_argument("--progress", type=Path, help="folder that an interrupted run goes on from")
    add_save_every(parser)
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto")
    args = parser.parse_args(argv)
    start_log(args.log)
    settings = parse_settings(MemorySettings, args.settings, f"{args.task}.memory")
    produce(
        args.task, settings, args.seed, args.latents, args.held_out,
        args.output, args.curve, args.metrics, args.progress, args.device, args.save_every,
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
