"""Results that are missing although what was made from them is there.

Snakemake doesn't look for them: where the last results are up to date, nothing needs the rest.
"""

from pathlib import Path

from world_models.provenance.plan import Plan
from world_models.provenance.stages import STAGES


def missing(plan: Plan, root: str, task: str) -> list[str]:
    """Return what should lie in a root and doesn't: a file or store for each unfinished result.

    Args:
        plan: what there is to make.
        root: the folder of a scale or study.
        task: one of its tasks.
    """
    results = (
        plan.artifact(stage, root, task, name)
        for stage in STAGES
        for name in plan.names(stage, root, task)
    )
    lost = (
        [path for path in each.outputs if not Path(path).exists()]
        for each in results
        if each.root == root
    )
    return [paths[0] for paths in lost if paths]
