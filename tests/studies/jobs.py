"""Jobs of Snakemake's plan, run in one process, where a Python for each would take minutes.

As a program (in a tree, with its code on PYTHONPATH) it runs the plan for the targets it is given,
and prints what fails. The commands are the rules' own.
"""

import importlib
import os
import re
import shlex
import subprocess
import sys
import traceback
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple


class Job(NamedTuple):
    """A job: what it reads and makes, and its command."""

    inputs: list[str]
    outputs: list[str]
    command: str


def planned(*targets: str) -> list[Job]:
    """Return the jobs of a dry run, in an order in which they can be run."""
    told = subprocess.run(
        ["snakemake", "-n", "-p", "--cores", "2", *targets],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    jobs = []
    for block in re.split(r"\n(?=(?:local)?rule \w+:\n)", told.stdout)[1:]:
        fields = dict(re.findall(r"^    (input|output): (.*)$", block, re.MULTILINE))
        command = re.search(r"^Shell command: (.*)$", block, re.MULTILINE)
        assert command is not None, block[:200]
        inputs, outputs = (fields.get(name, "").split(", ") for name in ("input", "output"))
        jobs.append(Job(inputs, outputs, command[1]))
    made = {output: number for number, job in enumerate(jobs) for output in job.outputs}
    behind = {n: {made[i] for i in job.inputs if i in made} for n, job in enumerate(jobs)}
    return [jobs[number] for number in TopologicalSorter(behind).static_order()]


def run(command: str) -> None:
    """Run a stage's command in this process."""
    words = shlex.split(command)
    at = words.index("-m")
    # Output folders are Snakemake's to make.
    for word in words[at:]:
        if word.startswith("results/"):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
    importlib.import_module(words[at + 1]).main(words[at + 2 :])


def main() -> None:
    """Run the plan; stop at the first failure."""
    import torch

    torch.set_num_threads(1)
    os.environ["MPLBACKEND"] = "agg"
    jobs = planned(*sys.argv[1:])
    for job in jobs:
        try:
            torch.use_deterministic_algorithms(False)
            run(job.command)
        except BaseException:
            traceback.print_exc()
            sys.exit(f"failed: {job.command}")
        missing = [path for path in job.outputs if not Path(path).exists()]
        assert not missing, (job.command, missing)
    print(f"{len(jobs)} jobs")


if __name__ == "__main__":
    main()
