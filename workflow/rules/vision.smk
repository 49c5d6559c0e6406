rule train_vision:
    input:
        code=task_code("vision.train"),
        rollouts=shards("rollouts", "training"),
        held_out=shards("rollouts", "held_out"),
        stores=stores("rollouts", "training"),
        held_out_store=stores("rollouts", "held_out"),
    output:
        model="{root}/{task}/vision/model.safetensors",
        about="{root}/{task}/vision/model.json",
        curve="{root}/{task}/vision/curve.csv",
        metrics="{root}/{task}/vision/metrics.json",
    log:
        "{root}/logs/{task}/vision.log",
    benchmark:
        "{root}/benchmarks/{task}/vision.tsv"
    conda:
        "../../environment.yml"
    threads: threads_of("vision")
    resources:
        mem_mb=4000,
        runtime=1440,
        gpu=1,
    params:
        versions=task_versions("vision.train"),
        lineage=lineage("rollouts"),
        settings=whole("vision"),
        tracked=section("vision", without=["save_every_seconds"]),
        seed=seed,
        progress="{root}/progress/{task}/vision",
    shell:
        "python -m world_models.vision.train --task {wildcards.task} --seed {params.seed}"
        " --settings {params.settings:q} --rollouts {input.rollouts} --held-out {input.held_out}"
        " --output {output.model} --curve {output.curve} --metrics {output.metrics}"
        " --progress {params.progress} --log {log}"


rule encode_rollouts:
    input:
        code=task_code("vision.encode"),
        model="{root}/{task}/vision/model.safetensors",
        about="{root}/{task}/vision/model.json",
        rollouts="{root}/{task}/rollouts/{shard}.json",
        store=ancient("{root}/{task}/rollouts/{shard}.zarr"),
    output:
        store=directory("{root}/{task}/latents/{shard}.zarr"),
        manifest="{root}/{task}/latents/{shard}.json",
    log:
        "{root}/logs/{task}/latents/{shard}.log",
    benchmark:
        "{root}/benchmarks/{task}/latents/{shard}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        versions=task_versions("vision.encode"),
        lineage=lineage("vision"),
    shell:
        "python -m world_models.vision.encode --task {wildcards.task} --vision {input.model}"
        " --rollouts {input.rollouts} --manifest {output.manifest} --log {log}"
