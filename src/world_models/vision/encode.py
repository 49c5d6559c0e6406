"""Encode one shard of rollouts: V turns frames into the μ and log σ² that M is trained on."""

from pathlib import Path

import numpy as np
import torch

from world_models.errors import WorldModelsError
from world_models.execution.progress import Progress
from world_models.rollouts.store import (
    EPISODE_ARRAYS,
    Shard,
    StoreWriter,
    write_manifest,
)
from world_models.stage.command import make_parser, run
from world_models.stage.devices import choose
from world_models.stage.log import LOG, start_log
from world_models.storage.files import atomic
from world_models.vision.model import load, to_images

BATCH = 512  # fixed, because rounding may depend on the batch size


def main(argv: list[str] | None = None) -> None:
    """Write the store of latents, including the rollouts' other arrays, and its manifest."""
    parser = make_parser(__doc__)
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--rollouts", type=Path, required=True, help="manifest of the shard")
    parser.add_argument(
        "--manifest", type=Path, required=True, help="NNNN.json; NNNN.zarr beside it"
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto")
    args = parser.parse_args(argv)
    start_log(args.log)
    device = choose(args.device)
    torch.set_num_threads(1)  # the workflow encodes several shards at a time
    model, about = load(args.vision, args.task)
    shard = Shard(args.rollouts, "rollouts", args.task)
    model.to(device)

    store = args.manifest.with_suffix(".zarr")
    with (
        atomic(store) as temporary,
        Progress(f"{args.task} latents {args.manifest.stem}", shard.steps, "frame") as progress,
        torch.inference_mode(),
    ):
        writer = StoreWriter(temporary)
        for start in range(0, shard.steps, BATCH):
            frames = np.asarray(shard.rows["frames"][start : start + BATCH])
            mu, log_sigma2 = model.encode(to_images(frames).to(device))
            if not (mu.isfinite().all() and log_sigma2.isfinite().all()):
                raise WorldModelsError(f"{args.vision}: encodes frames of {args.rollouts} to "
                                       "values that are not finite; retrain V")  # fmt: skip
            writer.append(mu=mu.cpu().numpy(), log_sigma2=log_sigma2.cpu().numpy())
            progress.advance(len(frames))
        writer.append(actions=shard.actions, rewards=shard.rewards)
        writer.append(**{name: getattr(shard, name) for name in EPISODE_ARRAYS})
        writer.close()
    write_manifest(
        args.manifest, store, "latents", args.task,
        episodes=len(shard.lengths),
        steps=shard.steps,
        latent_size=model.latent_size,
        vision=about["sha256"],
        rollouts=shard.about["sha256"],
    )  # fmt: skip
    LOG.info("%s: %d frames", store, shard.steps)


if __name__ == "__main__":
    run(main)
