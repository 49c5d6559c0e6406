"""Does a controller's score where it evolved predict its score in reality?

A population from the whole evolution, from poor beginners to good finalists, plays the same
episodes twice: where it evolved (the dream, or the training engine with its shortcuts) and in the
reference environment. If the ranks disagree, evolution optimises something other than the task.
If M's surprise was the fitness, the score "where evolved" is M's mean loss per step, in nats.
"""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.controller import checkpoint
from world_models.controller.fitness_log import FitnessLog
from world_models.controller.fitness_workers import play_all
from world_models.controller.generations import Evolution, replay, search_seed
from world_models.controller.settings import ControllerSettings
from world_models.controller.spec import AgentSpec, load_agent
from world_models.controller.surprise import SurprisedSpec, per_step
from world_models.errors import WorldModelsError
from world_models.evaluation.settings import TransferSettings
from world_models.execution.executor import add_execution_options, execution_options
from world_models.execution.progress import Progress
from world_models.play.episodes import Assignment, units_of
from world_models.play.workers import start_workers
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.columns import TRANSFER
from world_models.storage.curves import curve_csv
from world_models.storage.files import digest, write_text
from world_models.tasks import get_task


@dataclass(frozen=True)
class Population:
    """Candidates of one evolution.

    Attributes:
        generations: the generation of each candidate, ascending.
        parameters: float32, (n, parameters).
    """

    generations: list[int]
    parameters: NDArray[np.float32]


def population(log: Path, about: dict[str, Any], parameters: int, count: int) -> Population:
    """Return the first candidate of `count` generations, spread evenly over an evolution.

    The search is replayed from its log. The first candidate is random, so nothing is selected.

    Args:
        log: the controller's fitness.jsonl.
        about: the controller's description.
        parameters: how many numbers a candidate has.
        count: candidates at most; an evolution may have had fewer generations.

    Raises:
        WorldModelsError: the log is damaged, or is of another search.
    """
    settings = ControllerSettings.model_validate(about["settings"])
    seed = search_seed(about["run_seed"], about["task"], about["variant"], about["temperature"])
    first: list[NDArray[np.float32]] = []
    replay(
        Evolution(parameters, settings, seed),
        FitnessLog(log),
        lambda number, candidates: first.append(candidates[0].copy()),
    )
    if not first:
        raise WorldModelsError(f"{log}: missing or empty; evolve the controller anew")
    chosen = sorted({round(n) for n in np.linspace(1, len(first), count)})
    return Population(chosen, np.stack([first[number - 1] for number in chosen]))


def means(
    spec: AgentSpec, candidates: NDArray[np.float32], seeds: Sequence[int], args: Namespace
) -> NDArray[np.float64]:
    """Return each candidate's mean score over the episodes with these seeds, (n,)."""
    assignments = [Assignment(c, seed) for seed in seeds for c in range(len(candidates))]
    place = "reference" if spec.reference else "where evolved"
    with (
        start_workers(spec, execution_options(args)) as executor,
        Progress(f"{spec.task} {args.output.stem}, {place}", len(assignments), "episode") as p,
    ):
        episodes = play_all(executor, candidates, units_of(assignments, spec.slots), p.advance)
    if isinstance(spec, SurprisedSpec):
        episodes = per_step(episodes)
    totals = np.zeros(len(candidates))
    for episode in episodes:
        totals[episode.candidate] += episode.score
    return totals / len(seeds)


def check_start(start: Path | None, controller: Path, about: dict[str, Any]) -> None:
    """Refuse a start other than the one that the controller was evolved from.

    Raises:
        WorldModelsError: it is a different one, is missing, or is given though there was none.
    """
    if about.get("start") != (None if start is None else digest(start)):
        raise WorldModelsError(
            f"--start {start}: {controller} was not evolved from this; pass its actual start"
        )


def main(argv: list[str] | None = None) -> None:
    """Score a population in both places; write one row per candidate."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--settings", required=True, help="the transfer section, as JSON")
    parser.add_argument("--controller", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--fitness", type=Path, required=True, help="its fitness.jsonl")
    parser.add_argument("--start", type=Path, help="the controller that the search started from")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, help="M's model.safetensors")
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row a candidate")
    add_execution_options(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(TransferSettings, args.settings, f"{task.name}.transfer")
    environment = task.environment
    parameters, about, reality = load_agent(
        args.controller, task, environment, args.vision, args.memory, settings.slots,
        reference=True, fast=False,
    )  # fmt: skip
    chosen = population(args.fitness, about, parameters.size, settings.controllers)
    check_start(args.start, args.controller, about)
    if args.start is not None:
        start, _ = checkpoint.load(args.start, task.name)
        chosen = replace(chosen, parameters=chosen.parameters + start)
    seeds = [
        derive(args.seed, Purpose.FIGURES, task.name, "transfer", episode)
        for episode in range(settings.episodes)
    ]
    home = replace(
        reality, reference=False, fast=True, temperature=about["temperature"],
        idle_steps=about["settings"]["idle_steps"],
    )  # fmt: skip
    if about["settings"].get("fitness") == "surprise":
        home = SurprisedSpec(**vars(home))
    evolved, real = (means(each, chosen.parameters, seeds, args) for each in (home, reality))
    rows = zip(chosen.generations, evolved.tolist(), real.tolist(), strict=True)
    write_text(args.output, curve_csv(TRANSFER, [list(row) for row in rows]))
    LOG.info("%s: where evolved %.1f, real %.1f", args.output, evolved.mean(), real.mean())


if __name__ == "__main__":
    run(main)
