"""Train V on recorded frames."""

from pathlib import Path
from typing import Any

import torch

from world_models.errors import WorldModelsError
from world_models.execution.progress import Progress
from world_models.provenance.imports import progress_digest
from world_models.rollouts.store import Shard, open_shards
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.devices import choose
from world_models.stage.log import LOG, start_log
from world_models.storage import checkpoints
from world_models.storage.columns import VISION_CURVE
from world_models.storage.curves import curve_csv, is_point
from world_models.storage.files import write_json, write_text
from world_models.storage.snapshots import Snapshots, restore_training, training_tensors
from world_models.vision.frames import FrameReader
from world_models.vision.loss import loss_terms
from world_models.vision.measure import measure
from world_models.vision.model import KIND, Vision, to_images, without_noise
from world_models.vision.settings import VisionSettings


def learning_rate(settings: VisionSettings, epochs: float) -> float:
    """Return Adam's step size after some epochs, whole or in parts."""
    first, last = settings.learning_rate, settings.min_learning_rate
    share = (epochs - settings.epochs + settings.decay_epochs) / max(1, settings.decay_epochs)
    return first * (last / first) ** max(0.0, share)


def train(
    shards: list[Shard],
    settings: VisionSettings,
    seed: int,
    snapshots: Snapshots,
    device: torch.device,
) -> tuple[Vision, list[list[Any]]]:
    """Train a new V, or resume an interrupted training.

    Args:
        shards: the training rollouts.
        settings: V's section of the configuration.
        seed: the run's seed, from which initial weights, order and noise derive.
        snapshots: where progress is saved.
        device: where to train.

    Returns:
        the model and the rows of its training curve (`VISION_CURVE`).

    Raises:
        WorldModelsError: the loss is not finite; the last snapshot is kept.
    """
    name = shards[0].about["task"]
    torch.manual_seed(derive(seed, Purpose.TRAINING, name, KIND, "weights"))
    model = Vision(settings.latent_size).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    reader = FrameReader(shards, settings.batch_size, settings.frames_per_epoch)
    total = reader.batches * settings.epochs
    step, curve = 0, []
    if (saved := snapshots.load()) is not None:
        tensors, facts = saved
        restore_training(tensors, model, optimizer)
        step, curve = facts["step"], facts["curve"]
    done = step

    with Progress(f"{name} V", total, "batch", done=step) as progress:
        while step < total:
            epoch, first = divmod(step, reader.batches)
            order = derive(seed, Purpose.TRAINING, name, KIND, "order", epoch)
            for frames in reader.epoch(order, first):
                noise_seed = derive(seed, Purpose.TRAINING, name, KIND, "noise", step)
                generator = torch.Generator().manual_seed(noise_seed)
                noise = torch.randn(len(frames), settings.latent_size, generator=generator)
                images = to_images(frames).to(device)
                reconstruction, kl = loss_terms(model, images, noise.to(device), settings)
                loss = reconstruction + kl
                value = loss.item()
                if not torch.isfinite(loss):
                    raise WorldModelsError(
                        f"{name}.vision: the loss is {value} at step {step}; lower learning_rate"
                    )
                for group in optimizer.param_groups:
                    group["lr"] = learning_rate(settings, step / reader.batches)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                if is_point(step, total):
                    curve.append([step, epoch, value, reconstruction.item(), kl.item()])
                step += 1
                progress.advance(note=f"loss {value:.1f}")
                if snapshots.due():
                    tensors = training_tensors(model, optimizer)
                    snapshots.save(tensors, {"step": step, "curve": curve})
    if step > done:
        snapshots.save(training_tensors(model, optimizer), {"step": step, "curve": curve})
    return model.eval().requires_grad_(False), curve


def main(argv: list[str] | None = None) -> None:
    """Train V; write the checkpoint, the curve and the held-out measurements."""
    parser = make_parser(__doc__)
    parser.add_argument("--settings", required=True, help="the vision section, as JSON")
    parser.add_argument("--rollouts", type=Path, nargs="+", required=True, help="manifests")
    parser.add_argument(
        "--held-out", type=Path, required=True, help="manifest of the held-out shard"
    )
    parser.add_argument("--output", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--curve", type=Path, required=True, help="CSV of the training curve")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON of held-out measurements")
    parser.add_argument(
        "--progress", type=Path, help="folder from which an interrupted run resumes"
    )
    parser.add_argument(
        "--save-every", type=float, default=60.0, metavar="SECONDS",
        help="an interrupted run loses at most this much (default %(default)g)",
    )  # fmt: skip
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto")
    args = parser.parse_args(argv)
    start_log(args.log)
    settings = parse_settings(VisionSettings, args.settings, f"{args.task}.vision")
    device = choose(args.device)
    torch.set_num_threads(settings.threads)

    shards = open_shards(args.rollouts, "rollouts", args.task)
    held_out = Shard(args.held_out, "rollouts", args.task)
    digests = [shard.about["sha256"] for shard in shards]
    fingerprint = {
        "settings": settings.model_dump(),
        "seed": args.seed,
        "data": digests,
        "device": device.type,
        "code": progress_digest("world_models.vision.train"),
    }
    snapshots = Snapshots(args.progress, fingerprint, args.save_every)
    model, curve = train(shards, settings, args.seed, snapshots, device)
    checkpoints.round_to_half(model)
    metrics = measure(model, held_out, shards, device)
    write_text(args.curve, curve_csv(VISION_CURVE, curve))
    write_json(args.metrics, {"kind": "vision_metrics", "task": args.task, **metrics})
    # The metrics, including the KL, are those of V as trained, before any change of its σ.
    state = model.state_dict() if settings.sampled else without_noise(model.state_dict())
    checkpoints.save(
        args.output, KIND, args.task, state,
        settings=settings.model_dump(),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        run_seed=args.seed,
        trained_on=digests,
    )  # fmt: skip
    LOG.info("%s: held-out %s", args.output, metrics)


if __name__ == "__main__":
    run(main)
