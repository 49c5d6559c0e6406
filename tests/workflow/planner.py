"""Dry runs of Snakemake in a tree, and what they say."""

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
        """The task that it is about; "" for tables of several."""
        return self.wildcards.get("task", "")


class Plan(NamedTuple):
    """What Snakemake would run, and what it printed."""

    jobs: list[Job]
    told: str

    @property
    def counts(self) -> dict[str, int]:
        """Jobs of each rule."""
        return dict(Counter(job.rule for job in self.jobs))

    def of(self, task: str) -> dict[str, int]:
        """Jobs of each rule for one task; those for all tasks count for each."""
        return dict(Counter(job.rule for job in self.jobs if job.task in ("", task)))


class Planner:
    """Plans in one tree."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree

    def plan(self, *arguments: str) -> Plan:
        """Return what Snakemake would run."""
        status, told = self.ask(*arguments)
        assert status == 0, told
        jobs = jobs_in(told)
        assert jobs or "Nothing to be done" in told, told
        return Plan(jobs, told)

    def refusal(self, *arguments: str) -> str:
        """Return what Snakemake says instead of a plan."""
        status, told = self.ask(*arguments)
        assert status != 0 and not jobs_in(told), told
        return told

    def ask(self, *arguments: str) -> tuple[int, str]:
        """Return the exit status of a dry run, and what it printed."""
        done = run("snakemake", "-n", *arguments, cwd=self.tree, check=False)
        return done.returncode, done.stdout + done.stderr


def jobs_in(told: str) -> list[Job]:
    """Read the jobs off the text that a dry run prints."""
    jobs = []
    for block in re.split(r"\n(?=(?:local)?rule \w+:\n)", told)[1:]:
        wildcards = re.search(r"^    wildcards: (.+)$", block, re.MULTILINE)
        pairs = wildcards[1].split(", ") if wildcards else []
        reason = re.search(r"^    reason: (.+)$", block, re.MULTILINE)
        rule = block[: block.index(":")].split()[1]
        found = dict(pair.split("=", 1) for pair in pairs)
        output = re.search(r"^    output: (.+)$", block, re.MULTILINE)
        outputs = output[1].split(", ") if output else []
        jobs.append(Job(rule, found, outputs, reason[1] if reason else ""))
    return jobs
