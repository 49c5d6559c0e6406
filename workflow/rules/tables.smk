def shown(root, task=None):
    """The tasks of some tables."""
    return [task] if task else PLAN.tasks(root)


def results(wildcards):
    """An input function: all that the tables of the wildcards' root, or of one task, are made of."""
    found = []
    for task in shown(wildcards.root, wildcards.get("task")):
        found += PLAN.files(wildcards.root, task)
    return found


def example_stores(wildcards):
    """An input function: the stores of the figures' examples."""
    return [
        store(PLAN.artifact("examples", wildcards.root, task).path)
        for task in shown(wildcards.root, wildcards.get("task"))
    ]


def sources(wildcards):
    """A params function: which tasks and controllers are shown, and where their results lie."""
    return PLAN.sources(wildcards.root, shown(wildcards.root, wildcards.get("task")))


def tables_provenance(wildcards):
    """A params function: what the tables are made from, as in `provenance`."""
    tasks = shown(wildcards.root, wildcards.get("task"))
    return PLAN.tables_provenance(wildcards.root, tasks)


def scale_seed(wildcards, threads):
    return PLAN.settings[wildcards.root].seed


rule paper_tables:
    input:
        results=results,
        stores=example_stores,
    output:
        directory("{root}/paper_tables"),
    log:
        "{root}/logs/paper_tables.log",
    benchmark:
        "{root}/benchmarks/paper_tables.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        provenance=tables_provenance,
        sources=sources,
        seed=scale_seed,
    shell:
        "python -m world_models.paper.make --root {wildcards.root} --seed {params.seed}"
        " --tasks {params.sources:q} --output {output} --log {log}"


# The same of a study's tasks, or of one task.
use rule paper_tables as study_tables with:
    output:
        directory("{root}/tables"),
    log:
        "{root}/logs/tables.log",
    benchmark:
        "{root}/benchmarks/tables.tsv"


use rule paper_tables as task_tables with:
    output:
        directory("{root}/{task}/tables"),
    log:
        "{root}/logs/{task}/tables.log",
    benchmark:
        "{root}/benchmarks/{task}/tables.tsv"
