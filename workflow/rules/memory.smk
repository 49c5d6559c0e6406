rule train_memory:
    input:
        code=task_code("memory.train"),
        latents=shards("latents", "training"),
        held_out=shards("latents", "held_out"),
        stores=stores("latents", "training"),
        held_out_store=stores("latents", "held_out"),
    output:
        model="{root}/{task}/memory/model.safetensors",
        about="{root}/{task}/memory/model.json",
        curve="{root}/{task}/memory/curve.csv",
        metrics="{root}/{task}/memory/metrics.json",
    log:
        "{root}/logs/{task}/memory.log",
    benchmark:
        "{root}/benchmarks/{task}/memory.tsv"
    conda:
        "../../environment.yml"
    threads: threads_of("memory")
    resources:
        mem_mb=6000,
        runtime=1440,
        gpu=1,
    params:
        versions=task_versions("memory.train"),
        lineage=lineage("latents"),
        settings=whole("memory"),
        tracked=section("memory", without=["save_every_seconds"]),
        seed=seed,
        progress="{root}/progress/{task}/memory",
    shell:
        "python -m world_models.memory.train --task {wildcards.task} --seed {params.seed}"
        " --settings {params.settings:q} --latents {input.latents} --held-out {input.held_out}"
        " --output {output.model} --curve {output.curve} --metrics {output.metrics}"
        " --progress {params.progress} --log {log}"
