# Agents that came after World Models, and one without a world model. Each method is a stage of the
# same name, trained by the module of its kind and scored like everything else.
rule train_method:
    output:
        model="{root}/{task}/successors/{method}/model.safetensors",
        about="{root}/{task}/successors/{method}/model.json",
        curve="{root}/{task}/successors/{method}/curve.csv",
        cost="{root}/{task}/successors/{method}/cost.json",
    log:
        "{root}/logs/{task}/successors/{method}.log",
    benchmark:
        "{root}/benchmarks/{task}/successors/{method}.tsv"
    conda:
        "../../environment.yml"
    threads: method_threads
    resources:
        mem_mb=8000,
        runtime=2880,
        gpu=1,
    params:
        provenance=method_provenance,
        module=method_module("train"),
        environment=method_section("environment"),
        preset=method_preset,
        settings=method_settings,
        seed=seed,
        progress="{root}/progress/{task}/successors/{method}",
        runtime=runtime("--save-every"),
    shell:
        "python -m world_models.{params.module} --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q} {params.preset}"
        " --settings {params.settings:q} --output {output.model} --curve {output.curve}"
        " --cost {output.cost} --progress {params.progress} {params.runtime} --log {log}"


rule evaluate_method:
    input:
        agent=method_agent(),
        about=method_agent(also=description),
    output:
        "{root}/{task}/successors/{method}/evaluation.csv",
    log:
        "{root}/logs/{task}/successors/{method}.evaluation.log",
    benchmark:
        "{root}/benchmarks/{task}/successors/{method}.evaluation.tsv"
    conda:
        "../../environment.yml"
    threads: workers_of("evaluation")
    resources:
        mem_mb=4000,
        runtime=480,
    params:
        provenance=of_method_provenance("evaluation"),
        module=method_module("evaluate"),
        environment=method_section("environment"),
        evaluation=method_section("evaluation"),
        seed=seed,
        runtime=runtime("--hung-after", "--attempts"),
    shell:
        "python -m world_models.{params.module} --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --settings {params.evaluation:q} --agent {input.agent} --output {output}"
        " --workers {threads} {params.runtime} --log {log}"


rule imagine_futures:
    input:
        agent=method_agent(),
        about=method_agent(also=description),
    output:
        "{root}/{task}/successors/{method}/futures.safetensors",
    log:
        "{root}/logs/{task}/successors/{method}.futures.log",
    benchmark:
        "{root}/benchmarks/{task}/successors/{method}.futures.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        provenance=of_method_provenance("futures"),
        module=method_module("futures"),
        environment=method_section("environment"),
        seed=seed,
    shell:
        "python -m world_models.{params.module} --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --agent {input.agent} --output {output} --log {log}"


# For a scale only: a study shares most of its scale's successors.
rule draw_successors_tables:
    input:
        compared_files,
    output:
        directory("{root}/successors_tables"),
    log:
        "{root}/logs/successors_tables.log",
    benchmark:
        "{root}/benchmarks/successors_tables.tsv"
    wildcard_constraints:
        root="|".join(sorted(set(PLAN.scale.values()))),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        provenance=compared_provenance,
        sources=compared_sources,
    shell:
        "python -m world_models.successors_tables.make --root {wildcards.root}"
        " --tasks {params.sources:q} --output {output} --log {log}"
