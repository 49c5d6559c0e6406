"""Many dry runs of Snakemake in one tree, without starting Python anew for each.

As a program (in the tree, with its code on PYTHONPATH) it reads a JSON list of arguments a line,
gives them to Snakemake in a forked child, and answers with a line of JSON.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple


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
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree / "src")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

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
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(["-n", *arguments]) + "\n")
        self.process.stdin.flush()
        status, told = json.loads(self.process.stdout.readline())
        return status, told

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


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


def serve() -> None:
    """Answer each line of stdin."""
    import pandas  # noqa: F401  Snakemake and the settings need these, and they take long
    import pydantic  # noqa: F401
    import smart_open  # noqa: F401
    import snakemake.cli
    import tqdm.contrib.logging  # noqa: F401

    snakemake.cli.parse_args(["-n"])  # imports its plugins
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as output:
            child = os.fork()
            if child == 0:
                os.dup2(output.fileno(), 1)
                os.dup2(output.fileno(), 2)
                sys.argv = ["snakemake", *json.loads(line)]
                snakemake.cli.main(sys.argv[1:])
                os._exit(1)  # it exits by itself
            _, status = os.waitpid(child, 0)
            output.seek(0)
            print(json.dumps([os.waitstatus_to_exitcode(status), output.read()]), flush=True)


if __name__ == "__main__":
    serve()
