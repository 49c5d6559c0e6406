# Scales, settings, seeds and code, as the rules need them. Every scale is validated here, before
# anything runs.
import json
import os
from functools import cache
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.storage.files import digest
from world_models.provenance.imports import closure
from world_models.provenance.pins import pins_of
from world_models.settings import resolve

# The root folder of a scale's files; the paper's has no name of its own.
SCALE_OF_ROOT = {
    "results": "paper",
    **{f"results/{scale}": scale for scale in config.get("scales") or {}},
}
try:
    SETTINGS = {root: resolve(config, scale) for root, scale in SCALE_OF_ROOT.items()}
except WorldModelsError as error:
    raise WorkflowError(str(error))


# The science is importable in any environment that a rule may run in. A stage ends with the
# Snakemake that started it, even a killed one: $PPID is that process here.
shell.prefix("export PYTHONPATH=$PWD/src WORLD_MODELS_OWNER=$PPID; ")


wildcard_constraints:
    root="|".join(sorted(SCALE_OF_ROOT, key=len, reverse=True)),
    task="car_racing|take_cover",
    shard=r"\d{4}",
    controller=r"z|z_hidden|z_h|tau_\d+\.\d\d",


def settings_of(wildcards, section, task=None):
    """A section of a task's settings, at the scale of the wildcards' root."""
    return getattr(getattr(SETTINGS[wildcards.root], task or wildcards.task), section)


def section(name, task=None, without=()):
    """A params function: a section as JSON, without the keys that the stage's result ignores."""

    def as_json(wildcards):
        content = settings_of(wildcards, name, task).model_dump(exclude=set(without))
        return json.dumps(content, sort_keys=True)

    return as_json


def whole(name):
    """A params function: a section as JSON, whose changes alone rerun nothing.

    Snakemake tracks no params that are functions of the threads. The rule has another one with
    what counts.
    """

    def as_json(wildcards, threads):
        return section(name)(wildcards)

    return as_json


def episodes_of_shard(wildcards):
    """What of the numbers of episodes concerns one shard, so that more shards don't redo it."""
    numbers = settings_of(wildcards, "rollouts").episodes_of(int(wildcards.shard))
    return f"{numbers.start} to {numbers.stop}"


def seed(wildcards):
    return SETTINGS[wildcards.root].seed


def threads_of(name):
    """A threads function for trainings, whose number of threads is part of their settings."""

    def threads(wildcards):
        return settings_of(wildcards, name).threads

    return threads


def hung_after(wildcards, threads):
    """A params function: how long to wait for a step; as with `whole`, its changes rerun nothing."""
    return f"--hung-after {SETTINGS[wildcards.root].workers.hung_after_seconds}"


def patience(wildcards, threads):
    """A params function: what a stage bears of its workers; its changes rerun nothing."""
    attempts = SETTINGS[wildcards.root].workers.attempts
    return f"{hung_after(wildcards, threads)} --attempts {attempts}"


def workers_of(name):
    """A threads function for stages whose processes change no result."""

    def threads(wildcards):
        return getattr(SETTINGS[wildcards.root].workers, name)

    return threads


def launch(wildcards, threads, resources):
    """A params function: what has all tasks of a cluster's job run a command; else nothing.

    As a function of the resources it is no reason to rerun.
    """
    if not resources.get("mpi"):
        return ""
    return f"{resources.mpi} {resources.tasks} {threads}"


@cache
def code(*stages):
    """The project's files that these modules run."""
    return [os.path.relpath(path) for path in closure(*(f"world_models.{each}" for each in stages))]


def task_code(stage):
    """An input function: the files that a stage runs for the task of the wildcards."""

    def files(wildcards):
        return code(stage, f"tasks.{wildcards.task}")

    return files


@cache
def versions(*stages):
    """The content of the files that modules run, and the pins of the packages that they import.

    They are params because an input is looked at only if it is newer than the outputs, and a code
    file that is older than fetched outputs may still be another one than theirs.
    """
    files = [Path(path) for path in code(*stages)]
    return [*map(version, files), *pins_of(files, Path())]


@cache
def version(path):
    """A file's path and the digest of its content."""
    return f"{path} {digest(path)[:16]}"


def task_versions(stage):
    """A params function: `versions` of a stage with the task of the wildcards."""

    def of_task(wildcards):
        return versions(stage, f"tasks.{wildcards.task}")

    return of_task


def shards(kind, which):
    """An input function: manifests of a kind of shard; which: "training" or "held_out"."""

    def manifests(wildcards):
        count = settings_of(wildcards, "rollouts").training_shards
        numbers = range(count) if which == "training" else [count]
        folder = f"{wildcards.root}/{wildcards.task}/{kind}"
        return [f"{folder}/{number:04d}.json" for number in numbers]

    return manifests


def stores(kind, which):
    """An input function: the stores beside these manifests, whose age means nothing."""

    def folders(wildcards):
        manifests = shards(kind, which)(wildcards)
        return [ancient(path.replace(".json", ".zarr")) for path in manifests]

    return folders


def shard_number(wildcards):
    return int(wildcards.shard)


def memory_model(wildcards):
    """An input function: M, for controllers that use it."""
    if wildcards.controller in ("z", "z_hidden"):
        return []
    task = wildcards.get("task", "car_racing")
    return [f"{wildcards.root}/{task}/memory/model.safetensors"]


def memory_option(wildcards, input):
    """A params function: the option that names M, where there is one among the inputs."""
    return f"--memory {input.memory}" if input.memory else ""


def variants(wildcards):
    """Table 1's controllers."""
    return settings_of(wildcards, "controller", "car_racing").variants


def temperatures(wildcards):
    """Table 2's temperatures, as they stand in paths."""
    values = settings_of(wildcards, "controller", "take_cover").temperatures
    return [f"{value:.2f}" for value in sorted(values)]


def controller_files(pattern):
    """An input function: files of all controllers of both tasks; pattern has {task}, {name}."""

    def files(wildcards):
        names = {
            "car_racing": variants(wildcards),
            "take_cover": [f"tau_{value}" for value in temperatures(wildcards)],
        }
        return [
            f"{wildcards.root}/{pattern.format(task=task, name=name)}"
            for task in names
            for name in names[task]
        ]

    return files


def dreamt(kind):
    """An input function: evaluations of a kind, of the controllers that were evolved in dreams."""

    def files(wildcards):
        folder = f"{wildcards.root}/take_cover/evaluation"
        return [f"{folder}/tau_{value}.{kind}.csv" for value in temperatures(wildcards)]

    return files
