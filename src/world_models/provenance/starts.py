"""Searches that start from another controller: checks that it exists and fits."""

from typing import TYPE_CHECKING

from world_models.errors import WorldModelsError

if TYPE_CHECKING:
    from world_models.provenance.plan import Plan


def check_start(plan: "Plan", root: str, task: str) -> None:
    """Refuse a search that starts from a missing controller, or from a C of another V and M.

    Raises:
        WorldModelsError: the start is missing, circular or of another V or M; it names the key.
    """
    where, seen, at = f"{root}: {task}.controller.start", [root], root
    while (start := plan.experiment(at, task).controller.start) is not None:
        at = plan.start_root(at, task)
        if at not in plan.settings:
            raise WorldModelsError(f"{where}: no study {start.study}; correct its name")
        if set(plan.rounds(at)) & set(seen):
            raise WorldModelsError(f"{where}: {' ← '.join([*seen, at])} is a cycle; break it")
        seen.append(at)
        if start.controller not in (names := plan.names("controllers", at, task)):
            raise WorldModelsError(
                f"{where}: {at} has no controller {start.controller}; it has {', '.join(names)}"
            )
        for stage in ("vision", "memory"):
            ours, theirs = (plan.artifact(stage, each, task) for each in seen[-2:])
            if ours.digest != theirs.digest:
                raise WorldModelsError(
                    f"{where}: {start.controller} of {at} has another {stage} than {seen[-2]}; "
                    "start from a controller of the same V and M"
                )
