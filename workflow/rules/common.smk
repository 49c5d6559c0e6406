# The functions that the rules use: plain getters around `world_models.provenance`. The settings of
# all scales, and of the studies asked for, are checked here before anything runs.
import sys
from pathlib import Path
from shlex import quote

from snakemake.logging import logger
from world_models.errors import WorldModelsError
from world_models.execution.whole_run import follow
from world_models.paper.published import place as place_in_paper
from world_models.provenance import films, shown, studied
from world_models.provenance.contents import Contents
from world_models.provenance.holes import lost_behind
from world_models.provenance.plan import Plan
from world_models.provenance.records import unrecorded
from world_models.provenance.stages import METHODS, STAGES
from world_models.provenance.targets import check_targets, roots_in_use
from world_models.stage.surroundings import name_user
from world_models.storage.yaml_file import read_config

HERE = Path(workflow.basedir)
CORES = workflow.resource_settings.cores  # None on a cluster, and for commands that only plan
if CORES is not None and CORES < 1:
    raise WorkflowError("--cores: give at least 1, or all")
name_user()  # Snakemake asks for the user's name, which some containers lack
try:
    for path in workflow.configfiles:
        read_config(Path(path))  # Snakemake's own reader silently keeps the last of two equal keys
    PLAN = Plan(config)
    for target_root in check_targets(PLAN, sys.argv[1:]):
        if warning := unrecorded(PLAN, target_root):
            logger.warning(warning)
    ROOTS = roots_in_use(PLAN, sys.argv[1:])
    for lost in (path for target in sys.argv for path in lost_behind(PLAN, target)):
        logger.warning(
            f"{lost}: missing behind finished tables; if nothing runs, ask for it by name"
        )
except WorldModelsError as error:
    raise WorkflowError(str(error))


# Make the package importable in any environment that a rule may run in. A stage ends with the
# Snakemake that started it, even if that was killed: $PPID is that process here.
shell.prefix(f"export PYTHONPATH={quote(str(HERE / 'src'))} WORLD_MODELS_OWNER=$PPID; ")


TASKS = "|".join(
    sorted({task for root in set(PLAN.scale.values()) for task in PLAN.settings[root].tasks})
)

CONTROLLER = r"z|z_hidden|z_h|tau_\d+\.\d\d+"


wildcard_constraints:
    root="|".join(sorted(ROOTS, key=len, reverse=True)),
    task=TASKS,
    tables=f"paper_tables|tables|(?:{TASKS})/tables",
    shard=r"(?:[a-z][a-z0-9_]*-)?\d{4}",  # a behaviour policy's, or a round's by its controller
    controller=CONTROLLER,
    method="|".join(METHODS),


def artifact(stage, wildcards):
    """The result that a rule's wildcards stand for."""
    names = (wildcards.get(each) for each in ("shard", "controller", "method"))
    name = next((each for each in names if each), "")
    try:
        return PLAN.own(stage, wildcards.root, wildcards.task, name)
    except WorldModelsError as error:
        raise WorkflowError(str(error))


def made_from(stage, *kinds, also=lambda path: path):
    """An input function: the main files of these stages that a result is made from."""

    def paths(wildcards):
        found = [each for each in artifact(stage, wildcards).made_from if each.stage in kinds]
        return [also(each.path) for each in found]

    return paths


def behind(stage, kind):
    """An input function: like `made_from`, but also for a result that another root shares."""

    def paths(wildcards):
        name = wildcards.get("controller", "")
        result = PLAN.artifact(stage, wildcards.root, wildcards.task, name)
        return [each.path for each in result.made_from if each.stage == kind]

    return paths


def model(stage):
    """An input function: a task's V or M, which may lie in another root."""
    return lambda wildcards: PLAN.artifact(stage, wildcards.root, wildcards.task).path


def films_of(wildcards):
    """An input function: all films of a task."""
    names = films.names(PLAN, wildcards.root, wildcards.task)
    return [f"{wildcards.root}/{wildcards.task}/films/{name}.gif" for name in names]


def filmed(module, stage):
    """A rule's params for a film: the environment, the seeds, and the provenance."""

    def environment(wildcards):
        return PLAN.experiment(wildcards.root, wildcards.task).environment.model_dump_json()

    def all_of_it(wildcards):
        name = wildcards.get("controller", "")
        return films.provenance(PLAN, wildcards.root, wildcards.task, module, stage, name)

    def episode(wildcards):
        return films.episode(PLAN, wildcards.root, wildcards.task, wildcards.get("controller", ""))

    return {"environment": environment, "seed": seed, "episode": episode, "provenance": all_of_it}


def training(stage, also=lambda path: path):
    """An input function: the shards that V or M is trained on, without the held-out one."""
    return lambda wildcards: [also(each.path) for each in artifact(stage, wildcards).made_from[:-1]]


def held_out(stage, also=lambda path: path):
    """An input function: the held-out shard, on which V or M is measured."""
    return lambda wildcards: [also(each.path) for each in artifact(stage, wildcards).made_from[-1:]]


def start(wildcards):
    """An input function: the controller that a search starts from, if there is one."""
    found = PLAN.start(wildcards.root, wildcards.task)
    return [] if found is None else [found.path]


def played(wildcards):
    """An input function: the controller that plays the measured frames; none for random play."""
    name = wildcards.controller
    if name == "random":
        return []
    return [PLAN.artifact("controllers", wildcards.root, wildcards.task, name).path]


def store(path):
    """The store beside a manifest; its modification time is ignored."""
    return ancient(path.replace(".json", ".zarr"))


def description(path):
    """The JSON beside a model."""
    return path.replace(".safetensors", ".json")


def fitness_log(path):
    """The log of a controller's evolution, beside its model."""
    return path.replace("model.safetensors", "fitness.jsonl")


def provenance(stage):
    """A rule's params: the sections that its command needs, the seed, and its provenance.

    Snakemake compares `provenance` alone with the last run's: params that are functions of the
    threads are no reason to rerun.
    """

    def section(name):
        def as_json(wildcards, threads):
            return getattr(PLAN.experiment(wildcards.root, wildcards.task), name).model_dump_json()

        return as_json

    def all_of_it(wildcards):
        return artifact(stage, wildcards).provenance()

    sections = {name: section(name) for name in STAGES[stage].sections}
    return {**sections, "seed": seed, "provenance": all_of_it}


def tasks_of(wildcards):
    """The tasks of some tables: the one in their path, otherwise all that the root shows."""
    task = wildcards.tables.rpartition("/")[0]
    return [task] if task else PLAN.tasks(wildcards.root)


def tables(getter, also=lambda path: path):
    """An input function: the files that tables are drawn from, collected task by task."""

    def paths(wildcards):
        found = [getter(PLAN, wildcards.root, task) for task in tasks_of(wildcards)]
        return [also(path) for each in found for path in each]

    return paths


def tables_provenance(wildcards):
    """A params function: what tables are made from, as in `provenance`."""
    return shown.provenance(PLAN, wildcards.root, tasks_of(wildcards))


def contents(wildcards, threads=0):
    """A params function: the contents of finished tables; a change is no reason to rerun."""
    return Contents(f"{wildcards.root}/{wildcards.tables}")


def listed(key):
    """A function for the report: an entry of the tables' contents about one of their files."""
    return lambda wildcards: contents(wildcards)[wildcards.name][key]


def labels(wildcards):
    """A function for the report: the line that lists a file of the tables."""
    entry = contents(wildcards)[wildcards.name]
    return {"shows": entry["title"], "kind": entry["kind"]}


def section(topic, level=0):
    """A function for the report: the paper's section about a topic of a task."""

    def of_task(wildcards):
        from world_models.tasks import get_task

        experiment = PLAN.experiment(wildcards.root, wildcards.task)
        title = get_task(wildcards.task, experiment.environment.model_dump()).title
        evolved_in = experiment.controllers.evolved_in
        return place_in_paper(experiment.kind, evolved_in, title, topic)[level]

    return of_task


def part(topic):
    """A function for the report: the part of that section."""
    return section(topic, level=1)
