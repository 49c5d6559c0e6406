"""Train M on recorded latents."""

import os
from bisect import bisect_right
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch

from world_models.errors import WorldModelsError
from world_models.execution.progress import Progress
from world_models.memory.latents import Latents
from world_models.memory.loss import backward
from world_models.memory.measure import measure
from world_models.memory.model import KIND, Initial, Memory, State, save
from world_models.memory.settings import MemorySettings
from world_models.memory.streams import Epoch
from world_models.provenance.imports import progress_digest
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.devices import choose
from world_models.stage.log import LOG, start_log
from world_models.storage.checkpoints import round_to_half
from world_models.storage.columns import MEMORY_CURVE
from world_models.storage.curves import curve_csv, is_point
from world_models.storage.files import write_json, write_text
from world_models.storage.snapshots import Snapshots, restore_training, training_tensors

INITIAL_FRAMES = 1000  # first frames that dreams choose from, as in the original


def new_memory(latents: Latents, settings: MemorySettings, seed: int) -> Memory:
    """Return an untrained M that fits the latents; its weights derive from the seed."""
    memory = Memory(
        latents.latent_size, latents.actions.shape[1], settings.hidden_size, settings.mixtures,
        settings.predicts_death, settings.predicts_reward, settings.sees_restart,
    )  # fmt: skip
    memory.reward_weight = settings.reward_weight
    memory.initialise(torch.Generator().manual_seed(seed))
    return memory


def lay_streams(latents: Latents, settings: MemorySettings, seed: int) -> Epoch:
    """Return the episodes laid out in streams, in an order that derives from the seed."""
    order = np.random.default_rng(seed).permutation(len(latents.lengths))
    return Epoch(latents, order, settings.batch_size, settings.sequence_length)


def decayed_rate(settings: MemorySettings, share: float) -> float:
    """Return Adam's step size at a share of the decay, 0 to 1; negative before the decay begins."""
    first, last = settings.learning_rate, settings.min_learning_rate
    return first * (last / first) ** max(0.0, share)


def all_finite(terms: dict[str, float], memory: Memory) -> bool:
    """Return whether the loss's terms and all gradients are finite."""
    # One NaN or infinity makes the sum non-finite; testing each gradient would take longer.
    slopes = torch.stack([p.grad.sum() for p in memory.parameters() if p.grad is not None]).sum()
    return bool(np.isfinite([*terms.values(), slopes.item()]).all())


def train(
    latents: Latents,
    settings: MemorySettings,
    seed: int,
    snapshots: Snapshots,
    device: torch.device,
) -> tuple[Memory, list[list[Any]]]:
    """Train a new M, or resume an interrupted training with bit-identical results.

    Args:
        latents: the training episodes.
        settings: M's section of the configuration.
        seed: the run's seed, from which initial weights, order and noise derive.
        snapshots: where progress is saved.
        device: where to train.

    Returns:
        the model and the rows of its training curve (`MEMORY_CURVE`).

    Raises:
        WorldModelsError: a loss or a gradient is not finite; the last snapshot is kept.
    """
    name = latents.shards[0].about["task"]
    seed_of = partial(derive, seed, Purpose.TRAINING, name, KIND)
    memory = new_memory(latents, settings, seed_of("weights")).to(device)
    optimizer = torch.optim.Adam(memory.parameters(), lr=settings.learning_rate)
    # The step at which each epoch begins, and at which the last one ends. An epoch's number of
    # windows depends on its order, so each epoch is laid out once just to count them.
    order_seeds = [seed_of("order", epoch) for epoch in range(settings.epochs)]
    windows = (lay_streams(latents, settings, each).windows for each in order_seeds)
    begins = [0, *accumulate(windows)]
    total, decay_begins = begins[-1], begins[settings.epochs - settings.decay_epochs]
    step, curve, state = 0, [], State(torch.empty(0), torch.empty(0))
    if (saved := snapshots.load()) is not None:
        tensors, facts = saved
        restore_training(tensors, memory, optimizer)
        state = State(*(tensors[f"state.{part}"].to(device) for part in State._fields))
        step, curve = facts["step"], facts["curve"]

    def save_snapshot() -> None:
        tensors = training_tensors(memory, optimizer)
        tensors |= {f"state.{part}": values for part, values in state._asdict().items()}
        snapshots.save(tensors, {"step": step, "curve": curve})

    with Progress(f"{name} M", total, "batch", done=step) as progress:
        while step < total:
            epoch = bisect_right(begins, step) - 1
            streams = lay_streams(latents, settings, order_seeds[epoch])
            if step == begins[epoch]:  # otherwise the state comes from the snapshot
                state = memory.zero_state(streams.streams)
            for window in streams.read(seed_of("noise", epoch), step - begins[epoch]):
                share = (step - decay_begins) / max(1, total - decay_begins)
                for group in optimizer.param_groups:
                    group["lr"] = decayed_rate(settings, share)
                optimizer.zero_grad(set_to_none=True)
                terms, state = backward(memory, window.to(device), state, settings.death_weight)
                if not all_finite(terms, memory):
                    raise WorldModelsError(
                        f"{name}.memory: loss or gradient is not finite at step {step} "
                        f"({terms}); lower learning_rate or gradient_clip"
                    )
                torch.nn.utils.clip_grad_value_(memory.parameters(), settings.gradient_clip)
                optimizer.step()
                if is_point(step, total):
                    columns = [terms.get(term) for term in MEMORY_CURVE[3:]]
                    curve.append([step, epoch, sum(terms.values()), *columns])
                step += 1
                progress.advance(note=", ".join(f"{k} {v:.3g}" for k, v in terms.items()))
                if snapshots.due():
                    save_snapshot()
    save_snapshot()
    return memory.eval().requires_grad_(False), curve


def main(argv: list[str] | None = None) -> None:
    """Train M; write the checkpoint, the curve and the held-out measurements."""
    parser = make_parser(__doc__)
    parser.add_argument("--settings", required=True, help="the memory section, as JSON")
    parser.add_argument("--latents", type=Path, nargs="+", required=True, help="manifests")
    parser.add_argument("--held-out", type=Path, nargs="+", required=True, help="manifests")
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
    settings = parse_settings(MemorySettings, args.settings, f"{args.task}.memory")
    # Makes CUDA's matrix products sum in a fixed order; CUDA reads it when it starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    device = choose(args.device)
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(True)

    scratch = args.progress or args.output.parent
    latents = Latents(args.latents, args.task, scratch)
    held_out = Latents(args.held_out, args.task, scratch)
    if (held_out.latent_size, held_out.vision) != (latents.latent_size, latents.vision):
        raise WorldModelsError(
            f"{held_out.shards[0].path}: encoded with a different V from "
            f"{latents.shards[0].path}; encode both with the same V"
        )
    digests = [shard.about["sha256"] for shard in latents.shards]
    fingerprint = {
        "task": args.task,
        "settings": settings.model_dump(),
        "seed": args.seed,
        "data": digests,
        "device": device.type,
        "code": progress_digest("world_models.memory.train"),
    }
    snapshots = Snapshots(args.progress, fingerprint, args.save_every)
    memory, curve = train(latents, settings, args.seed, snapshots, device)
    round_to_half(memory)
    noise_seed = derive(args.seed, Purpose.TRAINING, args.task, KIND, "measure")
    metrics = measure(memory, held_out, settings, noise_seed, device)
    write_text(args.curve, curve_csv(MEMORY_CURVE, curve))
    write_json(args.metrics, {"kind": "memory_metrics", "task": args.task, **metrics})
    save(
        args.output, args.task, memory, Initial(*latents.first_frames(INITIAL_FRAMES)),
        settings=settings.model_dump(),
        run_seed=args.seed,
        trained_on=digests,
        vision=latents.vision,
    )  # fmt: skip
    LOG.info("%s: held-out %s", args.output, metrics)


if __name__ == "__main__":
    run(main)
