# What the rules are written in: plain getters of what `world_models.provenance.plan` knows. All
# settings of all scales and studies are checked here, before anything runs.
from pathlib import Path
from shlex import quote

from world_models.controller.names import temperature_of, variant_of
from world_models.errors import WorldModelsError
from world_models.provenance.plan import Plan
from world_models.provenance.stages import STAGES
from world_models.storage.yaml_file import read_config

HERE = Path(workflow.basedir)
try:
    for path in workflow.configfiles:
        read_config(Path(path))  # Snakemake's own reader keeps the last of two equal keys
    PLAN = Plan(config)
except WorldModelsError as error:
    raise WorkflowError(str(error))


# The science is importable in any environment that a rule may run in. A stage ends with the
# Snakemake that started it, even a killed one: $PPID is that process here.
shell.prefix(f"export PYTHONPATH={quote(str(HERE / 'src'))} WORLD_MODELS_OWNER=$PPID; ")


wildcard_constraints:
    root="|".join(sorted(PLAN.settings, key=len, reverse=True)),
    task="|".join(sorted({task for each in PLAN.settings.values() for task in each.tasks})),
    shard=r"(?:[a-z][a-z0-9_]*-)?\d{4}",  # a behaviour's, or a study's by its controllers
    controller=r"z|z_hidden|z_h|tau_\d+\.\d\d+",


def artifact(stage, wildcards):
    """The result that a rule's wildcards stand for."""
    name = wildcards.get("shard", wildcards.get("controller", ""))
    try:
        found = PLAN.artifact(stage, wildcards.root, wildcards.task, name)
    except WorldModelsError as error:
        raise WorkflowError(str(error))
    if found.root != wildcards.root:
        raise WorkflowError(f"{wildcards.root}: this study shares {found.path}; ask for that")
    return found


def made_from(stage, *kinds, also=lambda path: path):
    """An input function: the main files of what a result is made from, of these stages."""

    def paths(wildcards):
        found = [each for each in artifact(stage, wildcards).made_from if each.stage in kinds]
        return [also(each.path) for each in found]

    return paths


def training(stage, also=lambda path: path):
    """An input function: the shards that V or M is trained on; the last one measures it."""
    return lambda wildcards: [also(each.path) for each in shards(stage, wildcards)[:-1]]


def held_out(stage, also=lambda path: path):
    """An input function: the shard that measures V or M."""
    return lambda wildcards: [also(each.path) for each in shards(stage, wildcards)[-1:]]


def shards(stage, wildcards):
    """The shards that V or M is made from, the held-out one last."""
    return artifact(stage, wildcards).made_from


def store(path):
    """The store beside a manifest; its age means nothing."""
    return ancient(path.replace(".json", ".zarr"))


def description(path):
    """The JSON beside a model."""
    return path.replace(".safetensors", ".json")


def provenance(stage):
    """A rule's params: the sections that its command needs, the seed, and all it is made from.

    Snakemake compares `provenance` alone with the last run's: params that are functions of the
    threads are no reason to rerun.
    """

    def section(name):
        def as_json(wildcards, threads):
            return getattr(PLAN.experiment(wildcards.root, wildcards.task), name).model_dump_json()

        return as_json

    def seed(wildcards, threads):
        return PLAN.settings[wildcards.root].seed

    def all_of_it(wildcards):
        return artifact(stage, wildcards).provenance()

    sections = {name: section(name) for name in STAGES[stage].sections}
    return {**sections, "seed": seed, "provenance": all_of_it}


def runtime(*options):
    """A params function: options of a stage that change no result; see `Runtime`."""
    keys = {
        "--hung-after": "hung_after_seconds",
        "--attempts": "attempts",
        "--save-every": "save_every_seconds",
    }

    def as_options(wildcards, threads):
        settings = PLAN.settings[wildcards.root].runtime
        return " ".join(f"{option} {getattr(settings, keys[option])}" for option in options)

    return as_options


def threads_of(section):
    """A threads function for trainings, whose number of threads is one of their settings."""

    def threads(wildcards):
        return getattr(PLAN.experiment(wildcards.root, wildcards.task), section).threads

    return threads


def workers_of(name):
    """A threads function for stages whose processes change no result."""

    def threads(wildcards):
        return getattr(PLAN.settings[wildcards.root].runtime, f"{name}_workers")

    return threads


def launch(wildcards, threads, resources):
    """A params function: what has all tasks of a cluster's job run a command; else nothing."""
    if not resources.get("mpi"):
        return ""
    return f"{resources.mpi} {resources.tasks} {threads}"


def vision_option(wildcards, input, threads):
    """A params function: the option that names V, where it is among the inputs."""
    return f"--vision {input.vision}" if input.get("vision") else ""


def memory_option(wildcards, input, threads):
    """A params function: the option that names M, where there is one among the inputs."""
    return f"--memory {input.memory}" if input.get("memory") else ""
