"""What the successors' tables compare, and the files that they are drawn from."""

import json

from world_models.provenance.artifact import Artifact, code_lines, lines_behind
from world_models.provenance.plan import Plan
from world_models.provenance.stages import METHOD_EVALUATIONS, METHODS, SUCCESSORS_TABLES


def results(plan: Plan, root: str) -> list[Artifact]:
    """Return all that the tables of a root show: each method's training and scores, and the random
    policy's scores."""
    stages = ("random_policy", *METHODS, *METHOD_EVALUATIONS)
    return [
        plan.artifact(stage, root, task, name)
        for task in plan.tasks(root)
        for stage in stages
        for name in plan.names(stage, root, task)
    ]


def files(plan: Plan, root: str) -> list[str]:
    """Return the files that the tables are drawn from."""
    paths = [path for each in results(plan, root) for path in each.outputs]
    return [path for path in paths if not path.endswith(".safetensors")]


def sources(plan: Plan, root: str) -> str:
    """Return, as JSON, which tasks and methods are compared."""
    found = []
    for task in plan.tasks(root):
        experiment = plan.experiment(root, task)
        found.append({
            "name": task,
            "environment": experiment.environment.model_dump(),
            "methods": experiment.successors.methods,
        })  # fmt: skip
    return json.dumps(found, sort_keys=True)


def provenance(plan: Plan, root: str) -> list[str]:
    """Return what the tables depend on, as lines; see `Artifact.provenance`."""
    kinds = sorted({plan.experiment(root, task).kind for task in plan.tasks(root)})
    modules = (SUCCESSORS_TABLES, *(f"tasks.{kind}" for kind in kinds))
    own = code_lines([tuple(f"world_models.{each}" for each in modules)])
    return sorted({*own, *lines_behind(results(plan, root), root)})
