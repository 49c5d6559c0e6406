"""What the commands that train a successor have in common: options, curve, cost."""

import argparse
import platform
from pathlib import Path

from world_models.stage.command import add_save_every, make_parser
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_json, write_text
from world_models.successors.rounds import CURVE, Rounds


def training_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return the parser of a training's command line, but for what only one kind has."""
    parser = make_parser(doc)
    parser.add_argument("--environment", required=True, help="JSON of the section environment")
    parser.add_argument("--settings", required=True, help="JSON of the method's section")
    parser.add_argument("--output", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--curve", type=Path, required=True, help="CSV of the training curve")
    parser.add_argument("--cost", type=Path, required=True, help="JSON of steps, updates and hours")
    parser.add_argument("--progress", type=Path, help="folder that an interrupted run goes on from")
    add_save_every(parser)
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto")
    return parser


def write_curve_and_cost(
    args: argparse.Namespace, task: str, name: str, training: Rounds, threads: int
) -> None:
    """Write the curve, a row a round, and what the training took.

    Args:
        args: of `training_parser`. task, name: whose training. threads: of its arithmetic.
    """
    count = training.count
    write_text(args.curve, curve_csv((*CURVE, *training.terms), count.curve))
    device = next(training.module.parameters()).device.type
    write_json(args.cost, {
        "kind": "training_cost", "task": task, "method": name,
        "steps": count.steps, "updates": count.updates, "episodes": count.episodes,
        "hours": count.seconds / 3600, "device": device, "threads": threads,
        "machine": platform.machine(), "processor": platform.processor(),
    })  # fmt: skip
