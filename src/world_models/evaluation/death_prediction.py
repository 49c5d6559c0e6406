"""Does M foresee the deaths that C dies? M's logits of death, over the controller's own games.

M learns from other policies than C. That it foretells their deaths says little of the deaths that
are left to a C that has learnt to avoid what M foretells.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.agent import Agent
from world_models.controller.checkpoint import check_models, check_size, load
from world_models.controller.fitness_workers import ArenaRecipe
from world_models.errors import WorldModelsError
from world_models.evaluation.settings import EvaluationSettings
from world_models.execution.heartbeat import Watchdog, add_hung_after
from world_models.execution.progress import Progress
from world_models.memory.measure import death_metrics
from world_models.play.episodes import Assignment
from world_models.play.loop import RealArena, play
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, parse_settings, run
from world_models.stage.log import LOG, start_log
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_text
from world_models.tasks import get_task
from world_models.tasks.contract import End, VectorEnvironment

COLUMNS = (
    "episodes", "steps", "foretold", "deaths", "death_precision", "death_recall", "death_auc",
)  # fmt: skip


class DeathPredictions(RealArena):
    """Real environments with an agent in them; notes each step's logit of death, and deaths."""

    def __init__(self, agent: Agent, environments: VectorEnvironment) -> None:
        super().__init__(agent, environments)
        self.logits: list[NDArray[np.float32]] = []
        self.deaths: list[NDArray[np.bool_]] = []

    def step(self, active: Sequence[int]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Play one step in the active slots."""
        rewards, ends = super().step(active)
        # M has just been fed this step's z and action: its h tells of this step.
        assert self.agent.memory is not None
        h, _ = self.agent.state
        with torch.inference_mode():
            logit = self.agent.memory.heads(h[list(active)]).death_logit
        assert logit is not None
        self.logits.append(logit.numpy())
        self.deaths.append(ends[list(active)] == End.TERMINATED)
        return rewards, ends


def main(argv: list[str] | None = None) -> None:
    """Play a controller's games; write one row of what M foretold."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="JSON of the section environment")
    parser.add_argument("--settings", required=True, help="JSON of the section evaluation")
    parser.add_argument("--controller", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, required=True, help="M's model.safetensors")
    parser.add_argument("--output", type=Path, required=True, help="CSV of one row")
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task)
    if not task.predicts_death:
        raise WorldModelsError(f"--task {task.name}: its M foretells no deaths; use take_cover")
    settings = parse_settings(EvaluationSettings, args.settings, f"{task.name}.evaluation")
    environment = parse_settings(
        task.environment_settings, args.environment, f"{task.name}.environment"
    )
    parameters, about = load(args.controller, task.name)
    check_models(args.controller, about, {"vision": args.vision, "memory": args.memory})
    seeds = [
        derive(args.seed, Purpose.FIGURES, task.name, "foresight", episode)
        for episode in range(settings.episodes)
    ]
    recipe = ArenaRecipe(
        task.name, environment, about["variant"], args.vision, args.memory, settings.slots,
        reference=True,
    )  # fmt: skip
    check_size(args.controller, parameters, recipe.policy().parameters)
    torch.set_num_threads(1)  # rounding must not depend on the cores
    with (
        Watchdog(str(args.output), args.hung_after),
        Progress(f"{task.name} {args.controller.parent.name} foresight", 1, "run") as progress,
    ):
        real = recipe.build()
        assert isinstance(real, RealArena)
        arena = DeathPredictions(real.agent, real.environments)
        try:
            play(arena, parameters[None], [Assignment(0, seed) for seed in seeds])
        finally:
            arena.close()
        progress.advance()
    logits, deaths = np.concatenate(arena.logits), np.concatenate(arena.deaths)
    found = {
        "episodes": len(seeds),
        "steps": len(logits),
        "foretold": int((logits > 0).sum()),
        **death_metrics(logits, deaths),
    }
    write_text(args.output, curve_csv(COLUMNS, [[found[name] for name in COLUMNS]]))
    LOG.info("%s: %s", args.output, found)


if __name__ == "__main__":
    run(main)
