"""Checks of the targets on the command line: a mistake in a path gets a one-line error."""

import re
from collections.abc import Sequence
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.provenance import compared
from world_models.provenance.plan import Plan
from world_models.provenance.roots import RESULTS
from world_models.provenance.stages import METHODS, OF_METHODS, STAGES

# Folders and files of a root itself.
DRAWN = ".drawn"  # suffix of new tables, before they replace the old ones
STUDIES_FOLDER, SUCCESSORS_FOLDER = "studies_tables", "successors_tables"
WHOLE = (
    *("benchmarks", "logs", "paper_tables", "progress", "report.html", "runtimes.html"),
    *(STUDIES_FOLDER, SUCCESSORS_FOLDER, "tables"),
)


def check_targets(plan: Plan, arguments: Sequence[str]) -> list[str]:
    """Refuse a result that nothing in the configuration asks for, or that lies elsewhere.

    Args:
        plan: all results of the configuration.
        arguments: of a command line; those that are not paths of results are skipped.

    Returns:
        the roots of the requested results, each once.

    Raises:
        WorldModelsError: a path outside this folder; an unknown scale, study, task, controller or
            shard; a result that a study shares.
    """
    roots: dict[str, None] = {}
    for argument in arguments:
        path = Path(argument)
        if path.is_absolute() and RESULTS in path.parts:
            _refuse_absolute(path)
        elif path.parts[:1] == (RESULTS,) and len(path.parts) > 1:
            roots[_check(plan, path.as_posix())] = None
    return list(roots)


def roots_in_use(plan: Plan, arguments: Sequence[str]) -> list[str]:
    """Return the roots that results may be requested from: all scales, and the named studies.

    There may be hundreds of studies, and most plans use none. A study is named if its folder is
    part of any argument, e.g. a path or a cluster's `rule:root=results/lab,…`. A scale's
    `studies_tables` name all its studies, and its `successors_tables` name those of the controllers
    that they compare with. The roots that a named study builds on are included.

    Args:
        plan: all results of the configuration.
        arguments: of a command line.
    """
    text, found = "\0".join(arguments), set(plan.scale.values())
    for root, scale in plan.scale.items():
        if root in text or f"{scale}/{STUDIES_FOLDER}" in text:
            found |= plan.behind(root)
    for scale in set(plan.scale.values()):
        if f"{scale}/{SUCCESSORS_FOLDER}" in text:
            for root in compared.roots(plan, scale):
                found |= plan.behind(root)
    return [root for root in plan.settings if root in found]


def _refuse_absolute(path: Path) -> None:
    here = Path.cwd()
    if path.is_relative_to(here):
        raise WorldModelsError(f"{path}: give results as paths relative to this folder: "
                               f"{path.relative_to(here)}")  # fmt: skip
    raise WorldModelsError(f"{path}: not in this folder; ask for a path that begins with results/")


def _check(plan: Plan, path: str) -> str:
    """Check a path of results; return its root."""
    path = path.removesuffix(DRAWN)  # a cluster's job may be asked for this
    root = plan.root_of(path)
    plan.check(root)
    first, _, rest = path.removeprefix(f"{root}/").partition("/")
    tasks = list(plan.settings[root].tasks)
    if first == "studies" and root == plan.scale[root]:
        studies = ", ".join(plan.settings[root].studies) or "none"
        name = rest.partition("/")[0]
        raise WorldModelsError(f"{path}: no study {name!r} in config.yaml; there are {studies}")
    if first not in (*tasks, *WHOLE):
        scales = [
            each.removeprefix(f"{RESULTS}/") for each in plan.settings if each.count("/") == 1
        ]
        raise WorldModelsError(
            f"{path}: no scale or task {first} in config.yaml; there are the scales "
            f"{', '.join(scales)} and the tasks {', '.join(tasks)}"
        )
    if first in tasks:
        _check_result(plan, root, first, path)
    return root


def _check_result(plan: Plan, root: str, task: str, path: str) -> None:
    """Refuse a task's result that nothing makes, or that another root shares."""
    below = path.removeprefix(f"{root}/{task}/")
    for template, stage in _templates():
        found = re.fullmatch(re.escape(template).replace(r"\{name\}", "([^/]+)"), below)
        if found:
            name = found[1] if found.groups() else ""
            if stage == "rollouts" and "-" in name:
                stage = "controller_rollouts"
            if stage in OF_METHODS:
                stage = _of_method(stage, plan, root, task, name, path)
            plan.own(stage, root, task, name)
            return


def _of_method(stage: str, plan: Plan, root: str, task: str, method: str, path: str) -> str:
    """Return the counterpart of `stage` for the kind that a method belongs to."""
    suffix = stage.rpartition("_")[2]
    stages = {
        each: f"{METHODS[each]}_{suffix}"
        for each in plan.experiment(root, task).successors.methods
        if f"{METHODS[each]}_{suffix}" in OF_METHODS
    }
    if method not in stages:
        raise WorldModelsError(
            f"{path}: nothing in config.yaml asks for it; there are {', '.join(stages)}"
        )
    return stages[method]


def _templates() -> list[tuple[str, str]]:
    """Return the paths of all files below a task's folder, each with its stage.

    If two match, as {name}.csv and {name}.dream.csv may, the first one counts.
    """
    found = {
        f"{each.path.rpartition('/')[0]}/{file}": stage
        for stage, each in reversed(STAGES.items())
        for file in (each.path.rpartition("/")[2], *each.beside)
    }
    return sorted(found.items(), key=lambda pair: ("{name}" in pair[0], -len(pair[0])))
