"""The transfer of controllers that were evolved from a finished one on, or for M's surprise.

For surprise, "where evolved" is M's mean loss a step, in nats, and the rest as in the plain stage.
"""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.controller import checkpoint
from world_models.controller.fitness_workers import play_all
from world_models.controller.spec import AgentSpec
from world_models.controller.surprise import SurprisedSpec, per_step
from world_models.evaluation import transfer as stage
from world_models.replaced import replaced
from world_models.stage.command import run
from world_models.storage.files import digest

Parameters = NDArray[np.float32]


def main(argv: Sequence[str] | None = None) -> None:
    """Run `world_models.evaluation.transfer` with the start added and the surprise as fitness."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--start", type=Path, help="the controller that the search began as")
    parser.add_argument("--task")
    parser.add_argument("--controller", type=Path)
    known, rest = parser.parse_known_args(argv)
    options = [*rest, "--task", str(known.task), "--controller", str(known.controller)]
    parameters, about = checkpoint.load(known.controller, known.task)
    start = np.zeros_like(parameters)
    if known.start is not None:
        start, _ = checkpoint.load(known.start, known.task)
    if about.get("start") != (known.start and digest(known.start)):
        raise stage.WorldModelsError(
            f"--start {known.start}: not what {known.controller} was evolved from; give that one"
        )
    surprised = about.get("fitness") == "surprise"

    def population(*arguments: Any) -> stage.Population:
        found = plain_population(*arguments)
        return stage.Population(found.generations, found.parameters + start)

    def means(spec: AgentSpec, *arguments: Any) -> NDArray[np.float64]:
        if not surprised or spec.reference:
            return plain_means(spec, *arguments)
        curious = SurprisedSpec(**vars(spec))
        with replaced(stage, play_all=lambda *a, **b: per_step(play_all(*a, **b))):
            return plain_means(curious, *arguments)

    plain_population, plain_means = stage.population, stage.means
    with replaced(stage, population=population, means=means):
        stage.main(options)


if __name__ == "__main__":
    run(main)
