"""The shared results of a scale: those that git doesn't track, and whether they are complete."""

import subprocess
from pathlib import Path

from world_models.provenance.holes import missing
from world_models.provenance.plan import Plan
from world_models.provenance.roots import scale_root
from world_models.sharing.dvc import ShareError
from world_models.sharing.dvc_yaml import Shared, shared
from world_models.storage.yaml_file import read_config


def plan_of(scale: str) -> tuple[Plan, str]:
    """Return the plan, and the folder of a scale."""
    plan, root = Plan(read_config(Path("config.yaml"))), scale_root(scale)
    if root not in plan.settings:
        known = ", ".join(sorted(each for each in plan.scale if plan.scale[each] == each))
        raise ShareError(f"{scale}: no such scale in config.yaml; there are {known}")
    if not Path(root).resolve().is_relative_to(Path.cwd()):
        raise ShareError(
            f"{root}: a link out of this folder, and DVC shares only what lies inside; keep the "
            "whole clone on that disk, or mount it there (mount --bind)"
        )
    return plan, root


def outside_git(plan: Plan, root: str) -> list[Shared]:
    """Return what DVC shares, which is what git doesn't track; print what git does track."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", root], capture_output=True, text=True, check=True
    )
    kept = listing.stdout.split("\0")
    every = shared(plan.settings[root].tasks)
    inside = [each for each in every if any(k.startswith(f"{root}/{each.folder}/") for k in kept)]
    if inside:
        print(f"{root}: in git already: {', '.join(each.name for each in inside)}")
    return [each for each in every if each not in inside]


def is_expected(plan: Plan, root: str, each: Shared) -> bool:
    """Say whether every finished scale has this, because its own tables show it."""
    return each.kind != "studies" and (not each.task or each.task in plan.tasks(root))


def check_complete(plan: Plan, root: str, each: Shared) -> None:
    """Refuse to publish incomplete results: nobody else could complete them.

    Raises:
        ShareError: a result is missing; the message names the target that makes it.
    """
    if each.kind == "studies":
        roots = [name for name in plan.settings if plan.scale[name] == root != name]
        pairs = [(name, task) for name in roots for task in plan.settings[name].tasks]
        pairs = [pair for pair in pairs if Path(*pair).exists()]
    else:
        pairs = [(root, each.task)] if each.task else []
    for place, task in pairs:
        folder = f"{place}/{task}/" if each.kind == "studies" else f"{root}/{each.folder}/"
        lost = [path for path in missing(plan, place, task) if path.startswith(folder)]
        if lost:
            raise ShareError(
                f"{lost[0]}: missing ({len(lost)} such in {folder}), nothing was published; make "
                f"it: snakemake --cores all {lost[0]}"
            )
