"""What the tables of all studies of a scale show, and the files that they are drawn from."""

import json
from typing import Any

from world_models.provenance import shown
from world_models.provenance.artifact import Artifact, code_lines, lines_behind
from world_models.provenance.plan import Plan
from world_models.provenance.roots import study_of, study_root
from world_models.provenance.stages import STUDIES_TABLES

DIAGNOSTICS = ("transfer", "open_loop", "examples")


def roots(plan: Plan, scale: str) -> list[str]:
    """Return the scale's own root and those of its studies, in their order."""
    return [scale, *(study_root(scale, name) for name in plan.settings[scale].studies)]


def results(plan: Plan, root: str, task: str) -> list[Artifact]:
    """Return what the tables show of a task of a scale or study.

    A study's diagnostics appear only in its own tables, unless it asks for them as measures.
    """
    own = shown.results(plan, root, task)
    if root != plan.scale[root]:
        own = [each for each in own if each.stage not in DIAGNOSTICS]
    return list(dict.fromkeys([*own, *plan.measures(root, task)]))


def files(plan: Plan, root: str, task: str) -> list[str]:
    """Return the files that the tables are drawn from, for a task of a scale or study."""
    found = [path for each in results(plan, root, task) for path in each.outputs]
    return [path for path in found if not path.endswith((".zarr", shown.UNREAD))]


def all_files(plan: Plan, scale: str) -> list[str]:
    """Return these files for all tasks of a scale and its studies, each once."""
    found = (
        path
        for root in roots(plan, scale)
        for task in plan.tasks(root)
        for path in files(plan, root, task)
    )
    return list(dict.fromkeys(found))


def stores(plan: Plan, scale: str) -> list[str]:
    """Return the stores that figures are drawn from: the scale's own examples."""
    return [path for task in plan.tasks(scale) for path in shown.stores(plan, scale, task)]


def sources(plan: Plan, scale: str) -> str:
    """Return, as JSON, the scale and its studies, and where their results lie."""
    found = []
    for root in roots(plan, scale):
        tasks = []
        for task in plan.tasks(root):
            controllers = plan.experiment(root, task).controllers.names
            tasks.append(task_source(plan, root, task, controllers, files(plan, root, task)))
        found.append(study_source(plan, root, tasks))
    return json.dumps(found, sort_keys=True)


def study_source(plan: Plan, root: str, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the title, group, measures and tasks of a study or of the scale itself."""
    scale = plan.scale[root]
    study = None if root == scale else plan.settings[scale].studies[study_of(root)]
    return {
        "name": "" if study is None else study_of(root),
        "title": "the scale itself" if study is None else study.title,
        "group": "" if study is None else study.group or study_of(root),
        "measures": [] if study is None else study.measures,
        "tasks": tasks,
    }


def task_source(
    plan: Plan, root: str, task: str, controllers: list[str], paths: list[str]
) -> dict[str, Any]:
    """Return some controllers of a task, and which files lie outside the scale's folder.

    One command line holds all studies, so the files are grouped by root to keep it short.
    """
    experiment, elsewhere = plan.experiment(root, task), dict[str, list[str]]()
    for path in paths:
        place, _, below = path.partition(f"/{task}/")
        if place != plan.scale[root]:
            elsewhere.setdefault(place, []).append(below)
    return {
        "name": task,
        "environment": experiment.environment.model_dump(),
        "evolved_in": experiment.controllers.evolved_in,
        "controllers": controllers,
        "elsewhere": elsewhere,
    }


def provenance(plan: Plan, scale: str) -> list[str]:
    """Return what the tables depend on, as lines; see `Artifact.provenance`."""
    kinds = sorted({plan.experiment(scale, task).kind for task in plan.tasks(scale)})
    own = code_lines(
        [(f"world_models.{STUDIES_TABLES}", *(f"world_models.tasks.{kind}" for kind in kinds))]
    )
    behind: set[str] = set()
    for root in roots(plan, scale):
        for task in plan.tasks(root):
            found = results(plan, root, task)
            whole, *_ = lines_behind(found, root)
            behind.add(f"{root}/{task}: {whole}")
            behind |= {line for line in lines_behind(found, root) if line.startswith("code ")}
    return sorted({*own, *behind, *(f"title {title}" for title in _titles(plan, scale))})


def _titles(plan: Plan, scale: str) -> list[str]:
    """Return the titles and groups of studies, which are shown but are no setting of a result."""
    studies = plan.settings[scale].studies
    return [f"{name}: {study.title} ({study.group})" for name, study in studies.items()]
