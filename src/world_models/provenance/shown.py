"""What tables and figures show, and the files that they are drawn from."""

import json

from world_models.provenance.artifact import Artifact, code_lines, lines_behind
from world_models.provenance.plan import Plan
from world_models.provenance.stages import TABLES

EXPERIENCE = ("rollouts", "controller_rollouts", "latents")  # read by V and M, not by tables
UNREAD = ".jsonl"  # an evolution's full log; the curve beside it is drawn instead


def results(plan: Plan, root: str, task: str) -> list[Artifact]:
    """Return all results that the tables and figures of a task show."""
    return [each for each in plan.results(root, task) if each.stage not in EXPERIENCE]


def files(plan: Plan, root: str, task: str) -> list[str]:
    """Return the files that a task's tables and figures are drawn from; `stores` has the rest."""
    shown = [path for each in results(plan, root, task) for path in each.outputs]
    return [path for path in shown if not path.endswith((".zarr", UNREAD))]


def stores(plan: Plan, root: str, task: str) -> list[str]:
    """Return the stores that a task's figures are drawn from."""
    shown = [path for each in results(plan, root, task) for path in each.outputs]
    return [path for path in shown if path.endswith(".zarr")]


def sources(plan: Plan, root: str, tasks: list[str]) -> str:
    """Return, as JSON, which tasks and controllers tables show, and where their results lie."""
    found = []
    for task in tasks:
        experiment, home = plan.experiment(root, task), f"{root}/{task}/"
        shown = [*files(plan, root, task), *stores(plan, root, task)]
        found.append(
            {
                "name": task,
                "environment": experiment.environment.model_dump(),
                "evolved_in": experiment.controllers.evolved_in,
                "controllers": experiment.controllers.names,
                # Files in other roots, by their path below the task's folder.
                "paths": {
                    path.partition(f"/{task}/")[2]: path
                    for path in shown
                    if not path.startswith(home)
                },
            }
        )
    return json.dumps(found, sort_keys=True)


def provenance(plan: Plan, root: str, tasks: list[str]) -> list[str]:
    """Return what the tables of some tasks depend on, as lines; see `Artifact.provenance`."""
    kinds = sorted({plan.experiment(root, task).kind for task in tasks})
    own = code_lines(
        [(f"world_models.{TABLES}", *(f"world_models.tasks.{kind}" for kind in kinds))]
    )
    behind = {
        line if line.startswith("pin ") else f"{task}: {line}"
        for task in tasks
        for line in lines_behind(results(plan, root, task), root)
    }
    return sorted({*own, *behind})
