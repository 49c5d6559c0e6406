"""What the successors' tables compare, and the files that they are drawn from."""

import json
from typing import Any

from world_models.errors import WorldModelsError
from world_models.provenance import shown, studied
from world_models.provenance.artifact import Artifact, code_lines, lines_behind
from world_models.provenance.plan import Plan
from world_models.provenance.roots import study_root
from world_models.provenance.stages import SUCCESSORS, SUCCESSORS_TABLES

OF_CONTROLLER, OF_MODELS = ("controllers", "evaluation"), ("vision", "memory", "experience")


def results(plan: Plan, root: str) -> list[Artifact]:
    """Return all results that the tables of a root show.

    These are each method's training and scores, the random policy's scores, and the controllers of
    V, M and C that they are compared with.
    """
    stages = ("random_policy", *SUCCESSORS)
    found = [
        plan.artifact(stage, root, task, name)
        for task in plan.tasks(root)
        for stage in stages
        for name in plan.names(stage, root, task)
    ]
    for task in plan.tasks(root):
        for place, controller in controllers(plan, root, task):
            found += controller_results(plan, place, task, controller)
    return list(dict.fromkeys(found))


def controllers(plan: Plan, root: str, task: str) -> list[tuple[str, str]]:
    """Return the root and name of each controller that a task's successors are compared with.

    Raises:
        WorldModelsError: there is no such study, or no such controller.
    """
    found = []
    for named in plan.experiment(root, task).successors.beside:
        study, _, controller = named.rpartition("/")
        place = study_root(root, study) if study else root
        if study not in ("", *plan.settings[root].studies) or task not in plan.tasks(place):
            raise WorldModelsError(
                f"{task}.successors.beside: no study {study} with task {task}; correct the name"
            )
        known = plan.experiment(place, task).controllers.names
        if controller not in known:
            raise WorldModelsError(
                f"{task}.successors.beside: {named}: no such controller; there are "
                f"{', '.join(known)}"
            )
        found.append((place, controller))
    return found


def roots(plan: Plan, root: str) -> set[str]:
    """Return the roots of the controllers that a root's successors are compared with."""
    return {place for task in plan.tasks(root) for place, _ in controllers(plan, root, task)}


def controller_results(plan: Plan, root: str, task: str, controller: str) -> list[Artifact]:
    """Return what the tables show of a controller: it, its scores, V, M and their experience."""
    return [
        each
        for each in studied.results(plan, root, task)
        if each.stage in OF_MODELS or (each.stage in OF_CONTROLLER and each.name == controller)
    ]


def files(plan: Plan, root: str) -> list[str]:
    """Return the files that the tables are drawn from."""
    return _read(results(plan, root))


def _read(found: list[Artifact]) -> list[str]:
    paths = [path for each in found for path in each.outputs]
    return [path for path in paths if not path.endswith(("model.safetensors", shown.UNREAD))]


def sources(plan: Plan, root: str) -> str:
    """Return, as JSON, which tasks, methods and controllers are compared."""
    found = []
    for task in plan.tasks(root):
        experiment = plan.experiment(root, task)
        found.append({
            "name": task,
            "environment": experiment.environment.model_dump(),
            "methods": experiment.successors.methods,
            "beside": [
                _source(plan, place, task, controller)
                for place, controller in controllers(plan, root, task)
            ],
        })  # fmt: skip
    return json.dumps(found, sort_keys=True)


def _source(plan: Plan, root: str, task: str, controller: str) -> dict[str, Any]:
    """Return a controller's study, with only this task and this controller."""
    paths = _read(controller_results(plan, root, task, controller))
    return studied.study_source(
        plan, root, [studied.task_source(plan, root, task, [controller], paths)]
    )


def provenance(plan: Plan, root: str) -> list[str]:
    """Return what the tables depend on, as lines; see `Artifact.provenance`."""
    kinds = sorted({plan.experiment(root, task).kind for task in plan.tasks(root)})
    modules = (SUCCESSORS_TABLES, *(f"tasks.{kind}" for kind in kinds))
    own = code_lines([tuple(f"world_models.{each}" for each in modules)])
    return sorted({*own, *lines_behind(results(plan, root), root)})
