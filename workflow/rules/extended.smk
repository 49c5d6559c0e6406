# Stages with settings that came later than published results (`world_models.extended`): another
# module makes them, by a rule of its own, so that the rules of the others stay as they are.
ruleorder: collect_rollouts_extended > collect_rollouts
ruleorder: train_vision_extended > train_vision
ruleorder: train_memory_extended > train_memory
ruleorder: evolve_controller_extended > evolve_controller
ruleorder: measure_transfer_extended > measure_transfer
ruleorder: measure_death_prediction_extended > measure_death_prediction


rule collect_rollouts_extended:
    output:
        store=directory("{root}/{task}/rollouts/{shard,[0-9]+}.zarr"),
        manifest="{root}/{task}/rollouts/{shard,[0-9]+}.json",
    log:
        "{root}/logs/{task}/rollouts/{shard}.log",
    benchmark:
        "{root}/benchmarks/{task}/rollouts/{shard}.tsv"
    wildcard_constraints:
        root=extended("rollouts"),
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
        "python -m world_models.collection.behaviour_extended --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.rollouts:q}"
        " --shard {wildcards.shard} {params.episodes} --manifest {output.manifest}"
        " {params.runtime} --log {log}"


rule train_vision_extended:
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
    wildcard_constraints:
        root=extended("vision"),
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
        "python -m world_models.vision.train_extended --task {wildcards.task} --seed {params.seed}"
        " --settings {params.vision:q} --rollouts {input.rollouts} --held-out {input.held_out}"
        " --output {output.model} --curve {output.curve} --metrics {output.metrics}"
        " --progress {params.progress} {params.runtime} --log {log}"


rule train_memory_extended:
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
    wildcard_constraints:
        root=extended("memory"),
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
        "python -m world_models.memory.train_extended --task {wildcards.task} --seed {params.seed}"
        " --settings {params.memory:q} --latents {input.latents} --held-out {input.held_out}"
        " --output {output.model} --curve {output.curve} --metrics {output.metrics}"
        " --progress {params.progress} {params.runtime} --log {log}"


rule evolve_controller_extended:
    input:
        vision=made_from("controllers", "vision"),
        memory=made_from("controllers", "memory"),
        start=start,
    output:
        model="{root}/{task}/controllers/{controller}/model.safetensors",
        about="{root}/{task}/controllers/{controller}/model.json",
        curve="{root}/{task}/controllers/{controller}/fitness.csv",
        fitness="{root}/{task}/controllers/{controller}/fitness.jsonl",
    log:
        "{root}/logs/{task}/controllers/{controller}.log",
    benchmark:
        "{root}/benchmarks/{task}/controllers/{controller}.tsv"
    wildcard_constraints:
        root=extended("controllers"),
    conda:
        "../../environment.yml"
    threads: workers_of("controller")
    resources:
        mem_mb=8000,
        runtime=1440,
        tasks=1,
    params:
        **provenance("controllers"),
        launch=launch,
        place=place,
        vision=vision_option,
        memory=memory_option,
        start=start_option,
        progress="{root}/progress/{task}/{controller}",
        runtime=runtime("--hung-after", "--attempts"),
    shell:
        "{params.launch} python -m world_models.controller.evolve_extended --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --settings {params.controller:q} {params.place} {params.vision} {params.memory} {params.start}"
        " --output {output.model} --curve {output.curve} --fitness {output.fitness}"
        " --progress {params.progress} --workers {threads} {params.runtime} --log {log}"


rule measure_transfer_extended:
    input:
        controller=made_from("transfer", "controllers"),
        fitness=made_from("transfer", "controllers", also=fitness_log),
        vision=made_from("transfer", "vision"),
        memory=made_from("transfer", "memory"),
        start=start,
    output:
        "{root}/{task}/evaluation/{controller}.transfer.csv",
    log:
        "{root}/logs/{task}/evaluation/{controller}.transfer.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/{controller}.transfer.tsv"
    wildcard_constraints:
        root=extended("transfer"),
    conda:
        "../../environment.yml"
    threads: workers_of("evaluation")
    resources:
        mem_mb=4000,
        runtime=480,
    params:
        **provenance("transfer"),
        memory=memory_option,
        start=start_option,
        runtime=runtime("--hung-after", "--attempts"),
    shell:
        "python -m world_models.evaluation.transfer_extended --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.transfer:q}"
        " --controller {input.controller} --fitness {input.fitness} --vision {input.vision}"
        " {params.memory} {params.start} --output {output} --workers {threads} {params.runtime} --log {log}"


rule measure_death_prediction_extended:
    input:
        controller=made_from("death_prediction", "controllers"),
        vision=made_from("death_prediction", "vision"),
        memory=made_from("death_prediction", "memory"),
    output:
        "{root}/{task}/evaluation/{controller}.death_prediction.csv",
    log:
        "{root}/logs/{task}/evaluation/{controller}.death_prediction.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/{controller}.death_prediction.tsv"
    wildcard_constraints:
        root=extended("death_prediction"),
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        **provenance("death_prediction"),
        runtime=runtime("--hung-after"),
    shell:
        "python -m world_models.evaluation.death_prediction_extended --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --settings {params.death_prediction:q} --controller {input.controller}"
        " --vision {input.vision} --memory {input.memory}"
        " --output {output} {params.runtime} --log {log}"
