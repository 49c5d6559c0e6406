"""Evolve one controller: in the real environment, or in the dream at one temperature."""

import argparse
import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from world_models.controller import checkpoint as model
from world_models.controller.fitness_log import FitnessLog, Generation, text_of
from world_models.controller.generations import Evolution, evolve, repeat_seed, search_seed
from world_models.controller.scoring import Scoring
from world_models.controller.settings import ControllerSettings
from world_models.controller.spec import AgentSpec
from world_models.controller.surprise import SurprisedSpec
from world_models.errors import WorldModelsError
from world_models.execution.executor import add_execution_options, execution_options
from world_models.execution.progress import Progress
from world_models.play.workers import start_workers
from world_models.provenance.imports import progress_digest
from world_models.section import parse_settings
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.columns import FITNESS
from world_models.storage.files import digest, write_text
from world_models.tasks import get_task
from world_models.tasks.contract import Task


def fitness_csv(history: list[Generation]) -> str:
    """Return the evolution curve: best, mean and worst fitness, and the mean's validation score."""
    lines = [",".join(FITNESS)]
    for each in history:
        best, mean, worst = max(each.fitness), float(np.mean(each.fitness)), min(each.fitness)
        validation = "" if each.validation is None else repr(each.validation)
        lines.append(f"{each.number},{best!r},{mean!r},{worst!r},{validation}")
    return "\n".join(lines) + "\n"


def open_log(folder: Path | None, about: dict[str, Any], kind: str) -> FitnessLog:
    """Return the log in `folder` of the search that `about` and the current code describe.

    Its name does not depend on when the search ends, so a longer search resumes from a shorter one.

    Args:
        folder: where logs of interrupted runs are; None: no log is kept.
        about: what the search depends on, as in model.json.
        kind: the task's kind; the search depends on its code too.
    """
    if folder is None:
        return FitnessLog(None)
    ends = ("generations", "stop_at_score")
    settings = {key: value for key, value in about["settings"].items() if key not in ends}
    code = progress_digest("world_models.controller.evolve", f"world_models.tasks.{kind}")
    identity = json.dumps({**about, "settings": settings, "code": code}, sort_keys=True)
    name = hashlib.sha256(identity.encode()).hexdigest()[:16]
    path = folder / f"fitness-{name}.jsonl"
    if not path.exists() and any(folder.glob("fitness-*.jsonl")):
        LOG.warning(
            "%s: its logs belong to other settings, models or code; starting over (to resume one "
            "of them anyway, rename it to %s)", folder, path.name,
        )  # fmt: skip
    return FitnessLog(path)


def show(name: str, progress: Progress, generation: Generation) -> None:
    """Show a finished generation beside the progress bar, and log it if it was validated."""
    note = f"best {max(generation.fitness):.1f}, mean {float(np.mean(generation.fitness)):.1f}"
    if generation.validation is not None:
        note += f", validation {generation.validation:.1f}"
        LOG.info("%s: generation %d: %s", name, generation.number, note)
    progress.advance(note=note)


def parse_arguments(argv: list[str] | None) -> argparse.Namespace:
    """Return the command line's arguments."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--settings", required=True, help="the controller section, as JSON")
    parser.add_argument("--variant", default="z_h", help="what C sees: z, z_hidden or z_h")
    parser.add_argument("--temperature", type=float, help="evolve in the dream at this temperature")
    parser.add_argument("--start", type=Path, help="the controller that the search starts from")
    parser.add_argument("--vision", type=Path, help="V's model.safetensors (real environment)")
    parser.add_argument("--memory", type=Path, help="M's model.safetensors (z_h, and the dream)")
    parser.add_argument("--output", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--curve", type=Path, required=True, help="CSV of the evolution")
    parser.add_argument("--fitness", type=Path, required=True, help="JSONL of all fitness values")
    parser.add_argument(
        "--progress", type=Path, help="folder from which an interrupted run resumes"
    )
    add_execution_options(parser)
    return parser.parse_args(argv)


def agent_spec(settings: ControllerSettings, task: Task, args: argparse.Namespace) -> AgentSpec:
    """Return the agent and its environment.

    Raises:
        WorldModelsError: M's surprise is requested in a dream, or for a C that does not feed M.
    """
    surprise = settings.fitness == "surprise"
    if surprise and (args.temperature is not None or args.variant != "z_h"):
        raise WorldModelsError(
            f"{task.name}.controller.fitness: surprise works only in the real environment and "
            "for variant z_h; set controllers.evolved_in: reality, variants: [z_h]"
        )
    return (SurprisedSpec if surprise else AgentSpec)(
        task.name, task.environment, args.variant, args.vision, args.memory, settings.slots,
        settings.sees_cell, settings.bias, args.temperature,
        idle_steps=settings.idle_steps, device=settings.device,
    )  # fmt: skip


def read_start(
    path: Path, task: str, checkpoints: dict[str, Path | None], size: int
) -> NDArray[np.float32]:
    """Return the parameters, (size,), of the controller that a search starts from.

    Raises:
        WorldModelsError: it is missing or damaged, belongs to another V or M, or has another size.
    """
    parameters, about = model.load(path, task)
    model.check_models(path, about, checkpoints)
    model.check_size(path, parameters, size)
    return parameters


def main(argv: list[str] | None = None) -> None:
    """Run the evolution; write the controller, its fitness log and its curve."""
    args = parse_arguments(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(ControllerSettings, args.settings, f"{task.name}.controller")
    if args.temperature is not None and not args.temperature > 0:
        raise WorldModelsError(f"--temperature {args.temperature}: must be above 0")
    spec = agent_spec(settings, task, args)
    size = spec.policy().parameters
    run_seed = repeat_seed(args.seed, settings.repeat)
    checkpoints = {"vision": args.vision, "memory": args.memory}
    about = {
        "variant": args.variant,
        "temperature": args.temperature,
        "settings": settings.model_dump(),
        "environment": task.environment.model_dump(),
        "run_seed": run_seed,
        "models": {kind: digest(path) for kind, path in checkpoints.items() if path is not None},
    }
    start = None
    if args.start is not None:
        start = read_start(args.start, task.name, checkpoints, size)
        about["start"] = digest(args.start)
    name = f"{task.name} {args.variant}"
    if args.temperature is not None:
        name += f" τ {args.temperature:.2f}"

    seed = search_seed(run_seed, task.name, args.variant, args.temperature)
    evolution = Evolution(size, settings, seed)
    log = open_log(args.progress, about, task.kind)
    done = min(len(log.read()), settings.generations)
    # One thread: the rounding of the search's eigendecomposition must not depend on the cores.
    with (
        threadpool_limits(1),
        start_workers(spec, execution_options(args)) as executor,
        Progress(name, settings.generations, "generation", done) as progress,
    ):
        scoring = Scoring(executor, settings, run_seed, task.name, start)
        evolve(evolution, scoring.fitness, scoring.validation, log, partial(show, name, progress))

    assert evolution.best is not None
    best = evolution.best if start is None else evolution.best + start
    write_text(args.curve, fitness_csv(evolution.history))
    write_text(args.fitness, text_of(evolution.history))
    model.save(
        args.output, task.name, best,
        **about, generation=evolution.best_generation, validation=evolution.best_score,
    )  # fmt: skip
    LOG.info("%s: generation %d, validation %.1f", args.output, evolution.best_generation,
             evolution.best_score)  # fmt: skip


if __name__ == "__main__":
    run(main)
