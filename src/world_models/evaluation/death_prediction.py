"""Does M predict C's deaths? Evaluate M's death logits on the controller's own episodes.

M learns from other policies than C. Predicting their deaths says little about C's deaths: C has
learnt to avoid those that M predicts, and is left with the others.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.agent import Agent
from world_models.controller.policies import with_memory
from world_models.controller.spec import load_agent
from world_models.errors import WorldModelsError
from world_models.evaluation.settings import DeathPredictionSettings
from world_models.execution.heartbeat import Watchdog, add_hung_after
from world_models.execution.progress import Progress
from world_models.memory.measure import death_metrics
from world_models.memory.model import load as load_memory
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import EpisodeCounter, Observer
from world_models.section import parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser, run
from world_models.stage.log import LOG, start_log
from world_models.storage.columns import DEATH_PREDICTION
from world_models.storage.curves import curve_csv
from world_models.storage.files import write_text
from world_models.tasks import get_task
from world_models.tasks.contract import End
from world_models.world_model.vision_memory import VisionMemory


class DeathPredictions(Observer):
    """Keeps M's death logit at each step of an agent's episodes, and whether the agent died.

    Args:
        agent: the actor; its world model is V + M, and M predicts deaths.

    Attributes:
        logits, deaths: one array per step of the batch, with one entry per running episode.
    """

    def __init__(self, agent: Agent) -> None:
        assert isinstance(agent.world_model, VisionMemory) and agent.world_model.memory is not None
        self.agent, self.memory = agent, agent.world_model.memory
        self.logits: list[NDArray[np.float32]] = []
        self.deaths: list[NDArray[np.bool_]] = []

    @torch.inference_mode()
    def after_step(
        self, playing: Mapping[int, int], rewards: NDArray[np.float64], ends: NDArray[np.uint8]
    ) -> None:
        """Read the logits from M's state, which has been fed this step's z and action."""
        slots = list(playing)
        logit = self.memory.heads(self.agent.state.h[slots]).death_logit
        assert logit is not None
        self.logits.append(logit.numpy())
        self.deaths.append(ends[slots] == End.TERMINATED)


def main(argv: list[str] | None = None) -> None:
    """Play a controller's episodes; write how well M predicted its deaths, in one row."""
    parser = make_parser(__doc__)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--settings", required=True, help="the death_prediction section, as JSON")
    parser.add_argument("--controller", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--vision", type=Path, required=True, help="V's model.safetensors")
    parser.add_argument("--memory", type=Path, required=True, help="M's model.safetensors")
    parser.add_argument("--output", type=Path, required=True, help="CSV of one row")
    add_hung_after(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(
        DeathPredictionSettings, args.settings, f"{task.name}.death_prediction"
    )
    environment = task.environment
    parameters, _, spec = load_agent(
        args.controller, task, environment, args.vision, args.memory, settings.slots,
        reference=True, fast=False,
    )  # fmt: skip
    if not load_memory(args.memory, task.name)[0].predicts_death:
        raise WorldModelsError(f"{args.memory}: this M does not predict deaths; use one that does")
    seeds = [
        derive(args.seed, Purpose.FIGURES, task.name, "foresight", episode)
        for episode in range(settings.episodes)
    ]
    torch.set_num_threads(1)  # rounding must not depend on the cores
    name = f"{task.name} {args.controller.parent.name} death prediction"
    with (
        Watchdog(str(args.output), args.hung_after),
        Progress(name, len(seeds), "episode") as progress,
    ):
        agent, environments = spec.build()
        assert isinstance(agent, Agent)
        agent.candidates = parameters[None]
        agent.policy = with_memory(agent.policy)  # M is fed even if C doesn't see its state
        seen = DeathPredictions(agent)
        assignments = [Assignment(0, seed) for seed in seeds]
        try:
            play(agent, environments, assignments, [seen, EpisodeCounter(progress.advance)])
        finally:
            environments.close()
    logits, deaths = np.concatenate(seen.logits), np.concatenate(seen.deaths)
    found = {
        "episodes": len(seeds),
        "steps": len(logits),
        "foretold": int((logits > 0).sum()),
        **death_metrics(logits, deaths),
    }
    write_text(
        args.output, curve_csv(DEATH_PREDICTION, [[found[name] for name in DEATH_PREDICTION]])
    )
    LOG.info("%s: %s", args.output, found)


if __name__ == "__main__":
    run(main)
