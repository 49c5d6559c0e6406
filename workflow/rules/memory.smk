rule train_memory:
    input:
        latents=training("memory"),
        held_out=held_out("memory"),
        stores=training("memory", also=store),
        held_out_store=held_out("memory", also=store),
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
        **provenance("memory"),
        progress="{root}/progress/{task}/memory",
        runtime=runtime("--save-every"),
    shell:
        "python -m world_models.memory.train --task {wildcards.task} --seed {params.seed}"
        " --settings {params.memory:q} --latents {input.latents} --held-out {input.held_out}"
        " --output {output.model} --curve {output.curve} --metrics {output.metrics}"
        " --progress {params.progress} {params.runtime} --log {log}"
