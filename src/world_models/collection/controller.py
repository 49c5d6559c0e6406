"""Record one shard of rollouts played by a controller, for a later round of iterative training."""

from pathlib import Path

import torch

from world_models.collection.record import Recording, add_recording_options, numbers_of, record
from world_models.collection.settings import RolloutSettings
from world_models.controller.spec import load_agent
from world_models.errors import WorldModelsError
from world_models.play.actors import Actor
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import start_log
from world_models.storage.files import digest
from world_models.tasks import get_task
from world_models.tasks.contract import VectorEnvironment


def main(argv: list[str] | None = None) -> None:
    """Play the episodes in the training environment, V and M in float32; write the shard."""
    parser = make_parser(__doc__)
    add_recording_options(parser, shard=str)
    parser.add_argument("--controller", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, help="M's model.safetensors")
    parser.add_argument("--origin", required=True, help="the study the controller comes from")
    parser.add_argument(
        "--noise", type=float, default=0.0,
        help="σ of the exploration noise on C's outputs before they are squashed (default 0)",
    )  # fmt: skip
    args = parser.parse_args(argv)
    start_log(args.log)
    if not 0 <= args.noise < float("inf"):
        raise WorldModelsError(f"--noise {args.noise}: must be at least 0")
    task = get_task(args.task, args.environment)
    section = task.environment
    settings = parse_settings(RolloutSettings, args.settings, f"{task.name}.rollouts")
    seeds = [
        derive(args.seed, Purpose.COLLECTION, task.name, "controller", args.origin, number)
        for number in numbers_of(args.first, args.episodes)
    ]
    recording = Recording(
        task.name, args.shard, args.seed, settings, section, seeds, args.manifest, args.hung_after,
        about={"controller": digest(args.controller), "origin": args.origin, "noise": args.noise},
    )  # fmt: skip
    parameters, _, spec = load_agent(
        args.controller, task, section, args.vision, args.memory, recording.slots,
        fast=False, exploration=args.noise,
    )  # fmt: skip

    def start() -> tuple[Actor, VectorEnvironment]:
        agent, environments = spec.build()
        agent.candidates = parameters[None]
        return agent, environments

    torch.set_num_threads(1)  # rounding must not depend on the number of cores
    record(recording, start)


if __name__ == "__main__":
    run(main)
