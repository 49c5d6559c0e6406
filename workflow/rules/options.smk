# Options of the stages' commands, as functions of the wildcards: params and threads.
from world_models.controller.names import temperature_of, variant_of
from world_models.provenance import compared
from world_models.provenance.stages import METHODS, RSSM


def seed(wildcards, threads):
    """A params function: the run's seed."""
    return PLAN.settings[wildcards.root].seed


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


def episodes(wildcards, threads):
    """A params function: which episodes a shard has."""
    shards = PLAN.experiment(wildcards.root, wildcards.task).shards
    numbers = shards.episodes_of(int(wildcards.shard))
    return f"--first {numbers.start} --episodes {len(numbers)}"


def controllers_episodes(wildcards, threads):
    """A params function: which episodes a shard has that a round's controller plays."""
    first, count, noise = PLAN.played_by_controller(wildcards.root, wildcards.task, wildcards.shard)
    study = wildcards.shard.rpartition("-")[0]
    return f"--origin {study} --first {first} --episodes {count} --noise {noise}"


def place(wildcards, threads):
    """A params function: where C is evolved, and what it sees."""
    temperature = temperature_of(wildcards.controller)
    if temperature is None:
        return f"--variant {wildcards.controller}"
    sees = PLAN.experiment(wildcards.root, wildcards.task).controllers.sees_in_dream
    return f"--variant {sees} --temperature {temperature}"


def temperatures(wildcards, threads):
    """A params function: the temperatures of a task's dreams."""
    return sorted(PLAN.experiment(wildcards.root, wildcards.task).controllers.temperatures)


def vision_option(wildcards, input, threads):
    """A params function: the option that names V, if it is an input."""
    return f"--vision {input.vision}" if input.get("vision") else ""


def memory_option(wildcards, input, threads):
    """A params function: the option that names M, if it is an input."""
    return f"--memory {input.memory}" if input.get("memory") else ""


def controller_option(wildcards, input, threads):
    """A params function: the option that names C, if it is an input."""
    return f"--controller {input.controller}" if input.get("controller") else ""


def start_option(wildcards, input, threads):
    """A params function: the option that names a search's starting controller, if any."""
    return f"--start {input.start}" if input.get("start") else ""


def launch(wildcards, threads, resources):
    """A params function: the launcher that runs a command in all tasks of a cluster's job, if any."""
    if not resources.get("mpi"):
        return ""
    return f"{resources.mpi} {resources.tasks} {threads}"


def sources(wildcards):
    """A params function: which tasks and controllers are shown, and where their results lie."""
    return shown.sources(PLAN, wildcards.root, tasks_of(wildcards))


def studies_sources(wildcards, threads):
    """A params function: the studies of a scale, and where their results lie."""
    return studied.sources(PLAN, wildcards.root)


def method_of(wildcards):
    """The result that trains a method."""
    try:
        return PLAN.own(wildcards.method, wildcards.root, wildcards.task)
    except WorldModelsError as error:
        raise WorkflowError(str(error))


def of_method(kind, wildcards):
    """The result of a kind, `evaluation` or `futures`, that is made from a method."""
    return artifact(f"{METHODS[wildcards.method]}_{kind}", wildcards)


def method_module(name):
    """A params function: a module of the kind that a method is of."""
    return lambda wildcards, threads: f"successors.{METHODS[wildcards.method]}.{name}"


def method_agent(also=lambda path: path):
    """An input function: a method's trained agent."""
    return lambda wildcards: [
        also(each.path) for each in of_method("evaluation", wildcards).made_from
    ]


def method_section(name):
    """A params function: a section of the task."""

    def as_json(wildcards, threads):
        return getattr(PLAN.experiment(wildcards.root, wildcards.task), name).model_dump_json()

    return as_json


def method_settings(wildcards, threads):
    """A params function: the section of a method."""
    return method_section(wildcards.method)(wildcards, threads)


def method_preset(wildcards, threads):
    """A params function: the option that names a method, if its kind has several."""
    return f"--preset {wildcards.method}" if wildcards.method in RSSM else ""


def method_threads(wildcards):
    """A threads function: the number of threads that a method's settings give."""
    return getattr(PLAN.experiment(wildcards.root, wildcards.task), wildcards.method).threads


def method_provenance(wildcards):
    """A params function: all that a method's agent is made from."""
    return method_of(wildcards).provenance()


def of_method_provenance(kind):
    """A params function: all that a result made from a method depends on."""
    return lambda wildcards: of_method(kind, wildcards).provenance()


def compared_files(wildcards):
    """The files that the successors' tables are drawn from."""
    return compared.files(PLAN, wildcards.root)


def compared_sources(wildcards, threads):
    """A params function: which tasks and methods are compared."""
    return compared.sources(PLAN, wildcards.root)


def compared_provenance(wildcards):
    """A params function: all that the successors' tables are made from."""
    return compared.provenance(PLAN, wildcards.root)
