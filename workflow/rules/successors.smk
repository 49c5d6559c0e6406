# Agents that came after World Models. Each method is a stage of its name; it is scored like all else.
rule train_rssm:
    output:
        model="{root}/{task}/successors/{method}/model.safetensors",
        about="{root}/{task}/successors/{method}/model.json",
        curve="{root}/{task}/successors/{method}/curve.csv",
        cost="{root}/{task}/successors/{method}/cost.json",
    log:
        "{root}/logs/{task}/successors/{method}.log",
    benchmark:
        "{root}/benchmarks/{task}/successors/{method}.tsv"
    wildcard_constraints:
        method="|".join(RSSM),
    conda:
        "../../environment.yml"
    threads: method_threads
    resources:
        mem_mb=8000,
        runtime=2880,
        gpu=1,
    params:
        provenance=method_provenance,
        environment=method_environment,
        settings=method_settings,
        seed=seed,
        progress="{root}/progress/{task}/successors/{method}",
        runtime=runtime("--save-every"),
    shell:
        "python -m world_models.successors.rssm.train --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q} --preset {wildcards.method}"
        " --settings {params.settings:q} --output {output.model} --curve {output.curve}"
        " --cost {output.cost} --progress {params.progress} {params.runtime} --log {log}"


rule evaluate_rssm:
    input:
        agent=made_from("rssm_evaluation", *RSSM),
        about=made_from("rssm_evaluation", *RSSM, also=description),
    output:
        "{root}/{task}/successors/{method}/evaluation.csv",
    log:
        "{root}/logs/{task}/successors/{method}.evaluation.log",
    benchmark:
        "{root}/benchmarks/{task}/successors/{method}.evaluation.tsv"
    wildcard_constraints:
        method="|".join(RSSM),
    conda:
        "../../environment.yml"
    threads: workers_of("evaluation")
    resources:
        mem_mb=4000,
        runtime=480,
    params:
        **provenance("rssm_evaluation"),
        runtime=runtime("--hung-after", "--attempts"),
    shell:
        "python -m world_models.successors.rssm.evaluate --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --settings {params.evaluation:q} --agent {input.agent} --output {output}"
        " --workers {threads} {params.runtime} --log {log}"
