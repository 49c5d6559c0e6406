"""Score a successor on the same fresh episodes as every other agent."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from world_models.evaluation.rows import rows_csv
from world_models.evaluation.settings import EvaluationSettings
from world_models.execution.executor import add_execution_options, execution_options
from world_models.execution.progress import Progress
from world_models.play.actors import Actor
from world_models.play.episodes import Assignment, units_of
from world_models.play.workers import play_unit, start_workers
from world_models.section import Section, parse_settings
from world_models.seeds import Purpose, derive
from world_models.stage.command import make_parser
from world_models.stage.log import LOG, start_log
from world_models.storage.files import write_text
from world_models.successors.driver import Held
from world_models.tasks import get_task
from world_models.tasks.contract import SyncVectorEnvironment, Task

Load = Callable[[Path, Task, int], tuple[Actor, int]]
"""Maps a checkpoint, its task and a number of slots to an actor in evaluation mode, and to how many
steps each of its actions is held for."""


@dataclass(frozen=True)
class Spec:
    """What a worker needs to play: a checkpoint, its loader, and the environment.

    Attributes:
        load: a module-level function, since it is sent to other processes.
        agent: the checkpoint. task: its name. environment: its section.
        slots: episodes side by side.
    """

    load: Load
    agent: Path
    task: str
    environment: Section
    slots: int

    def build(self) -> tuple[Actor, SyncVectorEnvironment]:
        """Load the agent, and start the reference environments."""
        task = get_task(self.task, self.environment)
        actor, repeat = self.load(self.agent, task, self.slots)
        environments = [task.make_environment() for _ in range(self.slots)]
        held = Held(actor, self.slots, task.action_size, repeat)
        return held, SyncVectorEnvironment(environments)


def evaluate(load: Load, doc: str | None, argv: list[str] | None = None) -> None:
    """Play the evaluation episodes of one agent; write one row per episode.

    Args:
        load: loads the agent. doc: describes the stage. argv: the command line.
    """
    parser = make_parser(doc)
    parser.add_argument("--environment", required=True, help="the environment section, as JSON")
    parser.add_argument("--settings", required=True, help="the evaluation section, as JSON")
    parser.add_argument("--agent", type=Path, required=True, help="…/model.safetensors")
    parser.add_argument("--output", type=Path, required=True, help="CSV, one row per episode")
    add_execution_options(parser)
    args = parser.parse_args(argv)
    start_log(args.log)
    task = get_task(args.task, args.environment)
    settings = parse_settings(EvaluationSettings, args.settings, f"{task.name}.evaluation")
    load(args.agent, task, settings.slots)  # fail on a bad checkpoint before workers start
    spec = Spec(load, args.agent, task.name, task.environment, settings.slots)
    assignments = [
        Assignment(0, derive(args.seed, Purpose.EVALUATION, task.name, "real", episode))
        for episode in range(settings.episodes)
    ]
    units = units_of(assignments, settings.slots)
    with (
        start_workers(spec, execution_options(args)) as executor,
        Progress(f"{task.name} {args.agent.parent.name}", settings.episodes, "episode") as progress,
    ):
        episodes = []
        for future in [executor.submit(play_unit, unit) for unit in units]:
            played = future.result()
            episodes += played
            progress.advance(len(played))
    write_text(args.output, rows_csv(episodes, task.ends))
    scores = np.array([episode.score for episode in episodes])
    LOG.info("%s: %.1f ± %.1f", args.output, scores.mean(), scores.std(ddof=1))
