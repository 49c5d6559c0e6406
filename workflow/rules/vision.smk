rule train_vision:
    input:
        rollouts=training("vision"),
        held_out=held_out("vision"),
        stores=training("vision", also=store),
        held_out_store=held_out("vision", also=store),
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
        **provenance("vision"),
        progress="{root}/progress/{task}/vision",
        runtime=runtime("--save-every"),
    shell:
        "python -m world_models.vision.train --task {wildcards.task} --seed {params.seed}"
        " --settings {params.vision:q} --rollouts {input.rollouts} --held-out {input.held_out}"
        " --output {output.model} --curve {output.curve} --metrics {output.metrics}"
        " --progress {params.progress} {params.runtime} --log {log}"


rule encode_rollouts:
    input:
        model=made_from("latents", "vision"),
        about=made_from("latents", "vision", also=description),
        rollouts=made_from("latents", "rollouts", "controller_rollouts"),
        store=made_from("latents", "rollouts", "controller_rollouts", also=store),
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
        **provenance("latents"),
    shell:
        "python -m world_models.vision.encode --task {wildcards.task} --vision {input.model}"
        " --rollouts {input.rollouts} --manifest {output.manifest} --log {log}"
