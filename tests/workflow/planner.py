"""Dry runs of Snakemake in a tree, and their parsed output."""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.finished import run


class Job(NamedTuple):
    """One job of a plan."""

    rule: str
    wildcards: dict[str, str]
    outputs: list[str]
    reason: str

    @property
    def task(self) -> str:
        """The job's task; "" for tables of several tasks."""
        return self.wildcards.get("task", "")


class Plan(NamedTuple):
    """The jobs that Snakemake would run, and its output."""

    jobs: list[Job]
    output: str

    @property
    def counts(self) -> dict[str, int]:
        """The number of jobs of each rule."""
        return dict(Counter(job.rule for job in self.jobs))

    def of(self, task: str) -> dict[str, int]:
        """Return the number of jobs of each rule for one task; jobs for all tasks count too."""
        return dict(Counter(job.rule for job in self.jobs if job.task in ("", task)))


class Planner:
    """Makes dry runs in one tree."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree

    def plan(self, *arguments: str) -> Plan:
        """Return the plan of a dry run."""
        status, output = self.ask(*arguments)
        assert status == 0, output
        jobs = jobs_in(output)
        assert jobs or "Nothing to be done" in output, output
        return Plan(jobs, output)

    def refusal(self, *arguments: str) -> str:
        """Return the output of a dry run that must fail."""
        status, output = self.ask(*arguments)
        assert status != 0 and not jobs_in(output), output
        return output

    def ask(self, *arguments: str) -> tuple[int, str]:
        """Return a dry run's exit status and output."""
        done = run("snakemake", "-n", *arguments, cwd=self.tree, check=False)
        return done.returncode, done.stdout + done.stderr


def jobs_in(text: str) -> list[Job]:
    """Parse the jobs from the output of a dry run."""
    jobs = []
    for block in re.split(r"\n(?=(?:local)?rule \w+:\n)", text)[1:]:
        wildcards = re.search(r"^    wildcards: (.+)$", block, re.MULTILINE)
        pairs = wildcards[1].split(", ") if wildcards else []
        reason = re.search(r"^    reason: (.+)$", block, re.MULTILINE)
        rule = block[: block.index(":")].split()[1]
        found = dict(pair.split("=", 1) for pair in pairs)
        output = re.search(r"^    output: (.+)$", block, re.MULTILINE)
        outputs = output[1].split(", ") if output else []
        jobs.append(Job(rule, found, outputs, reason[1] if reason else ""))
    return jobs
