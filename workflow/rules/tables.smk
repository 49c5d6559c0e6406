rule paper_tables:
    input:
        results=tables(shown.files),
        stores=tables(shown.stores, also=ancient),
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
        seed=seed,
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
