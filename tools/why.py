"""Say in words which jobs Snakemake would run now, and what changed since they last ran.

    python tools/why.py results/lab/paper_tables

It runs `snakemake -n`, and compares its output with Snakemake's record of each result.
"""

import subprocess
import sys
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.provenance.causes import FOLLOWS, Job, clock, explain, planned
from world_models.provenance.holes import missing
from world_models.provenance.plan import Plan
from world_models.provenance.records import record_of, unrecorded
from world_models.provenance.targets import DRAWN, check_targets
from world_models.stage.surroundings import prepare
from world_models.storage.yaml_file import read_config


def causes_of(jobs: list[Job], makers: dict[str, str]) -> dict[str, list[str]]:
    """Return the causes of one rule's jobs, each with the first output of each job concerned."""
    causes: dict[str, list[str]] = {}
    for job in jobs:
        for cause in explain(job, makers):
            causes.setdefault(cause, []).append(job.outputs[0])
    return causes


def upstream(rule: str, causes: dict[str, dict[str, list[str]]]) -> set[str]:
    """Return the rules whose jobs make a rule's jobs run."""
    groups = [each.removeprefix(FOLLOWS) for each in causes[rule] if each.startswith(FOLLOWS)]
    return {name for names in groups for name in names.split(", ") if name in causes} - {rule}


def report(jobs: list[Job]) -> list[str]:
    """Return the lines to print for the jobs that would run."""
    if not jobs:
        return ["Nothing would run: all results are up to date."]
    makers = {output: job.rule for job in jobs for output in job.outputs}
    rules = list(dict.fromkeys(job.rule for job in jobs))
    causes = {rule: causes_of([job for job in jobs if job.rule == rule], makers) for rule in rules}
    lines = []
    for rule in rules:
        ours = [job for job in jobs if job.rule == rule]
        ran = [record["endtime"] for job in ours if (record := record_of(job.outputs[0]))]
        last = f", last ran {clock(max(ran))}" if ran else ""
        count = sum(not job.outputs[0].endswith(DRAWN) for job in ours)
        lines.append(f"{rule}: {count} job{'s' if count > 1 else ''}{last}")
        # Upstream rules have already reported these causes, which are in this rule's lineage too.
        upstream_causes = {cause for other in upstream(rule, causes) for cause in causes[other]}
        for cause, outputs in causes[rule].items():
            if cause in upstream_causes and not cause.startswith(FOLLOWS):
                continue
            some = [output for output in outputs if not output.endswith(DRAWN)]
            which = f"  ({', '.join(some[:3])}" if some and len(outputs) < len(ours) else ""
            more = ", …)" if len(some) > 3 else ")"
            lines.append(f"    {cause}{which + more if which else ''}")
    return lines


def besides(plan: Plan, root: str, jobs: list[Job]) -> list[str]:
    """Return lines about what Snakemake doesn't report: missing results, and missing records."""
    outputs = {output for job in jobs for output in job.outputs}
    lost = [path for task in plan.tasks(root) for path in missing(plan, root, task)]
    lost = [path for path in lost if path not in outputs]
    lines = []
    if lost and Path(root).exists():
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        lines.append(
            f"Missing, but not needed now: {lost[0]}{more}. Fetch it (make fetch) or "
            f"make it (snakemake --cores all {lost[0]})."
        )
    return [*lines, *filter(None, [unrecorded(plan, root)])]


def main(targets: list[str]) -> None:
    """Run `snakemake -n`, and print the report."""
    try:
        plan = Plan(read_config(Path("config.yaml")))
        roots = check_targets(plan, targets)
    except WorldModelsError as error:
        sys.exit(f"error: {error}")
    command = [sys.executable, "-m", "snakemake", "-n", "--cores", "1", *targets]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    output = done.stdout + done.stderr
    if done.returncode:
        sys.exit(output.strip())
    jobs = planned(output)
    others = [line for root in roots for line in besides(plan, root, jobs)]
    if not jobs and others:
        print("Nothing would run.", *others, sep="\n")
    else:
        print(*report(jobs), *others, sep="\n")


if __name__ == "__main__":
    prepare()
    main(sys.argv[1:])
