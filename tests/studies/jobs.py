"""Run jobs of Snakemake's plan in one process; starting Python for each would take minutes.

Run it in a tree, with the tree's code on PYTHONPATH. Its argument is a JSON file with `target`, the
tables of all studies; `files`, which of the plan's files to make; and `studies`, which to show in
the tables. It runs the jobs that make those files, draws the tables, and prints the outputs of all
jobs in the plan. The commands are the rules' own.
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
    """A job's inputs, outputs and command, from the module's name on."""

    inputs: list[str]
    outputs: list[str]
    words: list[str]


def planned(target: str) -> list[Job]:
    """Return the jobs of a dry run."""
    process = subprocess.run(
        ["snakemake", "-n", "-p", "--cores", "2", target],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    jobs = []
    for block in re.split(r"\n(?=(?:local)?rule \w+:\n)", process.stdout)[1:]:
        fields = dict(re.findall(r"^    (input|output): (.*)$", block, re.MULTILINE))
        command = re.search(r"^Shell command: (.*)$", block, re.MULTILINE)
        assert command is not None, block[:200]
        inputs, outputs = (fields.get(name, "").split(", ") for name in ("input", "output"))
        words = shlex.split(command[1])
        jobs.append(Job(inputs, outputs, words[words.index("-m") + 1 :]))
    return jobs


def needed(jobs: Sequence[Job], files: Iterable[str]) -> list[Job]:
    """Return the jobs that make the files, each after the jobs whose outputs it reads."""
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
    for word in job.words:  # Snakemake would make output folders
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
    """Return the job that draws the tables, restricted to the scale and the named studies."""
    words = list(job.words)
    at = words.index("--studies") + 1
    words[at] = json.dumps([each for each in json.loads(words[at]) if each["name"] in ("", *names)])
    return job._replace(words=words)


def main() -> None:
    """Run jobs and draw the tables; stop at the first failure."""
    import torch

    torch.set_num_threads(1)
    os.environ["MPLBACKEND"] = "agg"
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    jobs = planned(request["target"])
    (tables,) = (job for job in jobs if job.words[0] == TABLES)
    for job in [*needed(jobs, request["files"]), of_studies(tables, request["studies"])]:
        run(job)
    print(json.dumps([output for job in jobs for output in job.outputs]))


if __name__ == "__main__":
    main()
