"""Evolve a controller for M's surprise, or from a finished controller on."""

import argparse
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from world_models.controller import checkpoint as model
from world_models.controller import evolve as stage
from world_models.controller.extended import ExtendedControllerSettings
from world_models.controller.fitness_log import FitnessLog, text_of
from world_models.controller.fitness_workers import play_all, start_workers
from world_models.controller.generations import Evolution, evolve, search_seed
from world_models.controller.settings import ControllerSettings
from world_models.controller.spec import AgentSpec
from world_models.controller.surprise import SurprisedSpec, per_step
from world_models.errors import WorldModelsError
from world_models.execution.executor import add_execution_options, execution_options
from world_models.execution.progress import Progress
from world_models.play.episodes import Episode
from world_models.provenance.imports import progress_digest
from world_models.replaced import replaced
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.files import digest, write_text
from world_models.tasks import get_task
from world_models.tasks.contract import Task

Parameters = NDArray[np.float32]


class ShiftedScoring(stage.Scoring):
    """Scores candidates that a search around zero proposes, each added to a start.

    Args:
        start: (parameters,), where the search really begins.
        surprise: score M's mean loss a step; the environments pay its sum.
    """

    def __init__(
        self,
        executor: Executor,
        settings: ControllerSettings,
        seed: int,
        task: str,
        start: Parameters,
        surprise: bool,
    ) -> None:
        super().__init__(executor, settings, seed, task)
        self.start, self.surprise = start, surprise

    def fitness(self, generation: int, candidates: Parameters) -> list[float]:
        """Return the mean score of each candidate, (population, parameters)."""
        with self._playing():
            return super().fitness(generation, candidates + self.start)

    def validation(self, controller: Parameters) -> float:
        """Return the mean score of one controller, (parameters,), on the validation episodes."""
        with self._playing():
            return super().validation(controller + self.start)

    def _playing(self) -> Any:
        return replaced(stage, play_all=_play_all_per_step if self.surprise else play_all)


def _play_all_per_step(*arguments: Any) -> list[Episode]:
    return per_step(play_all(*arguments))


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line's arguments: those of the plain stage, and the start."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="JSON of the section environment")
    parser.add_argument("--settings", required=True, help="JSON of the section controller")
    parser.add_argument("--variant", default="z_h", help="what C sees: z, z_hidden or z_h")
    parser.add_argument("--temperature", type=float, help="evolve in the dream at this temperature")
    parser.add_argument("--start", type=Path, help="the controller that the search begins as")
    parser.add_argument("--vision", type=Path, help="V's model.safetensors (real environment)")
    parser.add_argument("--memory", type=Path, help="M's model.safetensors (z_h, and the dream)")
    parser.add_argument("--output", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--curve", type=Path, required=True, help="CSV of the evolution")
    parser.add_argument("--fitness", type=Path, required=True, help="JSONL of all fitness values")
    parser.add_argument("--progress", type=Path, help="folder that an interrupted run goes on from")
    add_execution_options(parser)
    return parser.parse_args(argv)


def read_start(
    path: Path | None, task: Task, models: dict[str, Path | None], size: int
) -> Parameters:
    """Return the parameters that a search begins at: zeros, or a finished controller's.

    Raises:
        WorldModelsError: it is missing or damaged, or not of these V and M and this size.
    """
    if path is None:
        return np.zeros(size, dtype=np.float32)
    parameters, about = model.load(path, task.name)
    model.check_models(path, about, models)
    model.check_size(path, parameters, size)
    return parameters


def seed_of(run_seed: int, repeat: int) -> int:
    """Return the seed that a repeat's search and fitness derive from; of none, the run's own."""
    return run_seed if not repeat else derive(run_seed, Purpose.SEARCH, "repeat", repeat)


def agent_spec(
    settings: ExtendedControllerSettings, task: Task, args: argparse.Namespace
) -> AgentSpec:
    """Return who plays, and where.

    Raises:
        WorldModelsError: M's surprise is asked for in a dream, or of a C that M is not fed for.
    """
    surprise = settings.fitness == "surprise"
    if surprise and (args.temperature is not None or args.variant != "z_h"):
        raise WorldModelsError(
            f"{task.name}.controller.fitness: surprise is of the real environment and of variant "
            "z_h; set controllers.evolved_in: reality, variants: [z_h]"
        )
    return (SurprisedSpec if surprise else AgentSpec)(
        task.name, task.environment, args.variant, args.vision, args.memory, settings.slots,
        settings.sees_cell, settings.bias, args.temperature,
        idle_steps=settings.idle_steps, device=settings.device,
    )  # fmt: skip


def open_log(folder: Path | None, about: dict[str, Any], kind: str) -> FitnessLog:
    """Return the log of this search, which this module's code is part of."""

    def own(*modules: str) -> str:
        return progress_digest("world_models.controller.evolve_extended", *modules)

    with replaced(stage, progress_digest=own):
        return stage.open_log(folder, about, kind)


def main(argv: list[str] | None = None) -> None:
    """Run the evolution; write the controller, its fitness log and its curve."""
    args = parse_arguments(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(ExtendedControllerSettings, args.settings, f"{task.name}.controller")
    spec = agent_spec(settings, task, args)
    models = {"vision": args.vision, "memory": args.memory}
    size = spec.policy().parameters
    start = read_start(args.start, task, models, size)
    plain = ControllerSettings(**settings.model_dump(exclude=set(settings.further())))
    run_seed = seed_of(args.seed, settings.repeat)
    about = {
        "variant": args.variant,
        "temperature": args.temperature,
        "settings": plain.model_dump(),
        "fitness": settings.fitness,
        "start": None if args.start is None else digest(args.start),
        "environment": task.environment.model_dump(),
        "run_seed": run_seed,
        "models": {kind: digest(path) for kind, path in models.items() if path is not None},
    }
    seed = search_seed(run_seed, task.name, args.variant, args.temperature)
    evolution = Evolution(size, plain, seed)
    log = open_log(args.progress, about, task.kind)
    done = min(len(log.read()), plain.generations)
    name = f"{task.name} {args.output.parent.name}"
    # One thread: how the search's eigendecomposition rounds must not depend on the cores there are.
    with (
        threadpool_limits(1),
        start_workers(spec, execution_options(args)) as executor,
        Progress(name, plain.generations, "generation", done) as progress,
    ):
        surprise = settings.fitness == "surprise"
        scoring = ShiftedScoring(executor, plain, run_seed, task.name, start, surprise)
        told = partial(stage.show, name, progress)
        evolve(evolution, scoring.fitness, scoring.validation, log, told)

    assert evolution.best is not None
    write_text(args.curve, stage.fitness_csv(evolution.history))
    write_text(args.fitness, text_of(evolution.history))
    model.save(
        args.output, task.name, evolution.best + start,
        **about, generation=evolution.best_generation, validation=evolution.best_score,
    )  # fmt: skip
    LOG.info("%s: generation %d, validation %.3f", args.output, evolution.best_generation,
             evolution.best_score)  # fmt: skip


if __name__ == "__main__":
    run(main)
