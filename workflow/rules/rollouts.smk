rule collect_rollouts:
    output:
        store=directory("{root}/{task}/rollouts/{shard,[0-9]+}.zarr"),
        manifest="{root}/{task}/rollouts/{shard,[0-9]+}.json",
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
        **provenance("rollouts"),
        episodes=episodes,
        runtime=runtime("--hung-after"),
    shell:
        "python -m world_models.collection.behaviour --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.rollouts:q}"
        " --shard {wildcards.shard} {params.episodes} --manifest {output.manifest}"
        " {params.runtime} --log {log}"


rule collect_controller_rollouts:
    input:
        controller=made_from("controller_rollouts", "controllers"),
        vision=made_from("controller_rollouts", "vision"),
        memory=made_from("controller_rollouts", "memory"),
    output:
        store=directory("{root}/{task}/rollouts/{shard,[a-z].*}.zarr"),
        manifest="{root}/{task}/rollouts/{shard,[a-z].*}.json",
    log:
        "{root}/logs/{task}/rollouts/{shard}.log",
    benchmark:
        "{root}/benchmarks/{task}/rollouts/{shard}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=480,
    params:
        **provenance("controller_rollouts"),
        memory=memory_option,
        episodes=controllers_episodes,
        runtime=runtime("--hung-after"),
    shell:
        "python -m world_models.collection.controller --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --settings {params.rollouts:q} --controller {input.controller}"
        " --vision {input.vision} {params.memory} --shard {wildcards.shard} {params.episodes}"
        " --manifest {output.manifest} {params.runtime} --log {log}"
