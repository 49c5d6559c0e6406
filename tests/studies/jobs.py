"""Jobs of Snakemake's plan, run in one process, where a Python for each would take minutes.

As a program (in a tree, with its code on PYTHONPATH) it reads JSON from stdin: `target`, the tables
of all studies; `files` to make of the plan's; `studies` to show in the tables. It runs the jobs
that make those files, then draws the tables, and prints the files that all jobs of the plan make.
The commands are the rules' own.
"""

import importlib
import json
import os
import re
import shlex
import subprocess
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

TABLES = "world_models.studies.make"


class Job(NamedTuple):
    """A job: what it reads and makes, and its command, from the module on."""

    inputs: list[str]
    outputs: list[str]
    words: list[str]


def planned(target: str) -> list[Job]:
    """Return the jobs of a dry run."""
    told = subprocess.run(
        ["snakemake", "-n", "-p", "--cores", "2", target],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    jobs = []
    for block in re.split(r"\n(?=(?:local)?rule \w+:\n)", told.stdout)[1:]:
        fields = dict(re.findall(r"^    (input|output): (.*)$", block, re.MULTILINE))
        command = re.search(r"^Shell command: (.*)$", block, re.MULTILINE)
        assert command is not None, block[:200]
        inputs, outputs = (fields.get(name, "").split(", ") for name in ("input", "output"))
        words = shlex.split(command[1])
        jobs.append(Job(inputs, outputs, words[words.index("-m") + 1 :]))
    return jobs


def needed(jobs: Sequence[Job], files: Iterable[str]) -> list[Job]:
    """Return the jobs that make files, each after those whose outputs it reads."""
    by_output = {output: job for job in jobs for output in job.outputs}
    found: dict[str, Job] = {}

    def add(file: str) -> None:
        job = by_output.get(file)
        if job is not None and job.outputs[0] not in found:
            for each in job.inputs:
                add(each)
            found[job.outputs[0]] = job

    for file in files:
        add(file)
    return list(found.values())


def run(job: Job) -> None:
    """Run a job's command in this process."""
    import torch

    torch.use_deterministic_algorithms(False)
    for word in job.words:  # output folders are Snakemake's to make
        if word.startswith("results/"):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
    try:
        importlib.import_module(job.words[0]).main(job.words[1:])
    except BaseException:
        traceback.print_exc()
        sys.exit(f"failed: {shlex.join(job.words)}")
    missing = [path for path in job.outputs if not Path(path).exists()]
    assert not missing, (job.words, missing)


def of_studies(job: Job, names: Sequence[str]) -> Job:
    """Return the job that draws the tables, of the scale and some of its studies only."""
    words = list(job.words)
    at = words.index("--studies") + 1
    words[at] = json.dumps([each for each in json.loads(words[at]) if each["name"] in ("", *names)])
    return job._replace(words=words)


def main() -> None:
    """Run jobs and draw the tables; stop at the first failure."""
    import torch

    torch.set_num_threads(1)
    os.environ["MPLBACKEND"] = "agg"
    asked = json.load(sys.stdin)
    jobs = planned(asked["target"])
    (tables,) = (job for job in jobs if job.words[0] == TABLES)
    for job in [*needed(jobs, asked["files"]), of_studies(tables, asked["studies"])]:
        run(job)
    print(json.dumps([output for job in jobs for output in job.outputs]))


if __name__ == "__main__":
    main()
