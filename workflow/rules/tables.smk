# Tables, figures and pages: of a scale, of a study, of one task. They are drawn beside the old ones,
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


# How long the jobs took whose records are here. Made anew for each report, of whatever there is:
# records are products of their rules, so as inputs they would be made.
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
