"""What all training commands share: options, setup, replay folder, results."""

import argparse
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from world_models.provenance.imports import progress_digest
from world_models.seeds import Purpose, derive
from world_models.stage.command import add_save_every, make_parser
from world_models.stage.devices import choose
from world_models.stage.log import LOG
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_json, write_text
from world_models.storage.snapshots import Snapshots
from world_models.successors.rounds import CURVE, Rounds
from world_models.successors.settings import PlayingSettings
from world_models.tasks.contract import Task


def training_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that all training commands share."""
    parser = make_parser(doc)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--settings", required=True, help="the method's section, as JSON")
    parser.add_argument("--output", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--curve", type=Path, required=True, help="CSV of the training curve")
    parser.add_argument("--cost", type=Path, required=True, help="JSON of steps, updates and hours")
    parser.add_argument(
        "--progress", type=Path, help="folder from which an interrupted run resumes"
    )
    add_save_every(parser)
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto")
    return parser


def start_training(
    args: argparse.Namespace, task: Task, name: str, kind: str, settings: PlayingSettings
) -> tuple[torch.device, Snapshots]:
    """Set up PyTorch; return the device, and the snapshots of exactly this training.

    Args:
        args: parsed by `training_parser`. task: the task played. name: the method's name.
        kind: its folder in `successors`. settings: its section.
    """
    device = choose(args.device)
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(device.type == "cpu")
    code = (f"world_models.successors.{kind}.train", f"world_models.tasks.{task.kind}")
    fingerprint = {
        "task": task.name,
        "environment": task.environment.counted(),
        "method": name,
        "settings": settings.model_dump(),
        "seed": args.seed,
        "device": device.type,
        "code": progress_digest(*code),
    }
    return device, Snapshots(args.progress, fingerprint, args.save_every)


def weights_seed(args: argparse.Namespace, task: Task, name: str) -> int:
    """Return the seed of a method's initial weights."""
    return derive(args.seed, Purpose.TRAINING, task.name, name, "weights")


@contextmanager
def replay_folder(args: argparse.Namespace) -> Iterator[Path]:
    """Yield the replay's folder: in the progress folder if there is one, else a temporary one."""
    if args.progress is not None:
        yield args.progress / "replay"
        return
    with tempfile.TemporaryDirectory(
        prefix="replay-", dir=args.output.parent, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder) / "replay"


def write_curve_and_cost(
    args: argparse.Namespace, training: Rounds, weights: torch.nn.Module
) -> dict[str, Any]:
    """Write the curve, one row per round, and the cost of the training.

    Args:
        args: parsed by `training_parser`. weights: the trained module, to count its parameters.

    Returns:
        what the checkpoint records about the training.
    """
    count = training.count
    write_text(args.curve, curve_csv((*CURVE, *training.terms), count.curve))
    device = next(training.module.parameters()).device.type
    write_json(args.cost, {
        "kind": "training_cost", "task": training.task.name, "method": training.name,
        "steps": count.steps, "updates": count.updates, "episodes": count.episodes,
        "hours": count.seconds / 3600, "round_hours": count.hours, "device": device,
        "threads": training.playing.threads, "machine": platform.machine(),
        "processor": platform.processor(),
    })  # fmt: skip
    LOG.info("%s: %d steps, %d updates", args.output, count.steps, count.updates)
    return {
        "run_seed": args.seed,
        "steps": count.steps,
        "updates": count.updates,
        "parameters": sum(parameter.numel() for parameter in weights.parameters()),
    }
