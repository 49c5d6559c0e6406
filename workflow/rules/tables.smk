# Tables, figures and pages of a scale, a study or one task. New ones are drawn beside the old ones,
# which stay as they are until the new ones are finished.
rule draw_tables:
    input:
        results=tables(shown.files),
        stores=tables(shown.stores, also=ancient),
    output:
        temp(directory("{root}/{tables}.drawn")),
    log:
        "{root}/logs/{tables}.log",
    benchmark:
        "{root}/benchmarks/{tables}.tsv"
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
        " --target {wildcards.root}/{wildcards.tables}"


rule keep_tables:
    input:
        "{root}/{tables}.drawn",
    output:
        report(
            directory("{root}/{tables}"),
            patterns=["shown/{name}.html", "figures/{name}.png"],
            category=listed("section"),
            subcategory=listed("part"),
            labels=labels,
            caption="../report/shown.rst",
        ),
    log:
        "{root}/logs/{tables}.kept.log",
    benchmark:
        "{root}/benchmarks/{tables}.kept.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=10,
    params:
        provenance=tables_provenance,
        contents=contents,
    shell:
        "cp -rv {input} {output} > {log} 2>&1"


rule draw_studies_tables:
    input:
        results=lambda wildcards: studied.all_files(PLAN, wildcards.root),
        stores=lambda wildcards: ancient(studied.stores(PLAN, wildcards.root)),
    output:
        report(
            directory("{root}/studies_tables"),
            patterns=["figures/{name}.png", "{name}.csv"],
            category="Studies",
            labels={"shows": "{name}"},
            caption="../report/tables.rst",
        ),
    log:
        "{root}/logs/studies_tables.log",
    benchmark:
        "{root}/benchmarks/studies_tables.tsv"
    wildcard_constraints:
        root="|".join(sorted(set(PLAN.scale.values()), key=len, reverse=True)),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        provenance=lambda wildcards: studied.provenance(PLAN, wildcards.root),
        studies=studies_sources,
        seed=seed,
    shell:
        "python -m world_models.studies.make --root {wildcards.root} --seed {params.seed}"
        " --studies {params.studies:q} --output {output} --log {log}"


# How long each recorded job took. Made again for each report, from the records that exist. They are
# not inputs of the rule: Snakemake would run the jobs that make the missing ones.
rule list_runtimes:
    output:
        report(
            "{root}/runtimes.html",
            category="Runtimes",
            labels={"shows": "how long each stage took", "kind": "table"},
            caption="../report/runtimes.rst",
        ),
    log:
        "{root}/logs/runtimes.log",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=500,
        runtime=10,
    shell:
        "python -m world_models.paper.runtimes --root {wildcards.root} --output {output}"
        " > {log} 2>&1"
