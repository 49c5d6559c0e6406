rule collect_rollouts:
    input:
        code=task_code("rollouts.collect"),
    output:
        store=directory("{root}/{task}/rollouts/{shard}.zarr"),
        manifest="{root}/{task}/rollouts/{shard}.json",
    log:
        "{root}/logs/{task}/rollouts/{shard}.log",
    benchmark:
        "{root}/benchmarks/{task}/rollouts/{shard}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
    params:
        environment=section("environment"),
        settings=section("rollouts"),
        seed=seed,
        shard=shard_number,
    shell:
        "python -m world_models.rollouts.collect --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.settings:q}"
        " --shard {params.shard} --manifest {output.manifest} --log {log}"
