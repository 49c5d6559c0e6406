"""Snakemake's records of what each result was made from, and results that have none."""

import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from world_models.provenance.plan import Plan

RECORDS = Path(".snakemake/metadata")
NAME_MAX = 254  # longer names are split into nested folders


def record_of(output: str) -> dict[str, Any]:
    """Return the record of a result; empty if it has none."""
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [name[i : i + NAME_MAX] for i in range(0, len(name), NAME_MAX)]
    path = RECORDS.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return content


def unrecorded(plan: Plan, root: str) -> str:
    """Return a warning about results of a root that have no record; "" if all have one.

    Without a record, a later change of settings goes unnoticed.
    """
    results = [each for task in plan.tasks(root) for each in plan.results(root, task)]
    lost = [each.path for each in results if Path(each.path).exists() and not record_of(each.path)]
    if not lost:
        return ""
    return (
        f"{root}: {len(lost)} results have no record of what they were made from, e.g. {lost[0]}: "
        "made elsewhere, or .snakemake was removed. A change of their settings or code will not be "
        "seen. Make them again (--forceall), or accept them as they are (--touch); see "
        "docs/sharing.md"
    )
