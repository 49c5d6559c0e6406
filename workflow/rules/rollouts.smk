rule collect_rollouts:
    input:
        code=task_code("collection.behaviour"),
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
        runtime=240,
    params:
        versions=task_versions("collection.behaviour"),
        environment=section("environment"),
        settings=whole("rollouts"),
        tracked=section("rollouts", without=["play.episodes", "held_out_episodes", "episodes_per_shard"]),
        episodes=episodes_of_shard,
        seed=seed,
        patience=hung_after,
        shard=shard_number,
    shell:
        "python -m world_models.collection.behaviour --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.settings:q}"
        " --shard {params.shard} --manifest {output.manifest} {params.patience} --log {log}"
