TRANSFER = ["transfer_controllers", "transfer_episodes"]


rule evaluate_controller:
    input:
        code=task_code("evaluation.scores"),
        controller="{root}/{task}/controllers/{controller}/model.safetensors",
        vision="{root}/{task}/vision/model.safetensors",
        memory=memory_model,
    output:
        "{root}/{task}/evaluation/{controller}.csv",
    log:
        "{root}/logs/{task}/evaluation/{controller}.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/{controller}.tsv"
    conda:
        "../../environment.yml"
    threads: workers_of("evaluation")
    resources:
        mem_mb=4000,
        runtime=480,
    params:
        versions=task_versions("evaluation.scores"),
        lineage=models_lineage("controllers"),
        environment=section("environment", without=["engine"]),
        settings=section("evaluation", without=["dream_episodes", *TRANSFER]),
        memory=memory_option,
        seed=seed,
        patience=patience,
    shell:
        "python -m world_models.evaluation.scores --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.settings:q}"
        " --controller {input.controller} --vision {input.vision} {params.memory}"
        " --output {output} --workers {threads} {params.patience} --log {log}"


rule evaluate_in_dream:
    input:
        code=task_code("evaluation.scores"),
        controller="{root}/{task}/controllers/{controller}/model.safetensors",
        memory="{root}/{task}/memory/model.safetensors",
    output:
        "{root}/{task}/evaluation/{controller}.dream.csv",
    log:
        "{root}/logs/{task}/evaluation/{controller}.dream.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/{controller}.dream.tsv"
    conda:
        "../../environment.yml"
    threads: workers_of("evaluation")
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        versions=task_versions("evaluation.scores"),
        lineage=lineage("memory", "controllers"),
        environment=section("environment", without=["engine"]),
        settings=section("evaluation", without=["play.episodes", *TRANSFER]),
        seed=seed,
        patience=patience,
    shell:
        "python -m world_models.evaluation.scores --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.settings:q} --dream"
        " --controller {input.controller} --memory {input.memory}"
        " --output {output} --workers {threads} {params.patience} --log {log}"


rule measure_transfer:
    input:
        code=task_code("evaluation.transfer"),
        controller="{root}/{task}/controllers/{controller}/model.safetensors",
        fitness="{root}/{task}/controllers/{controller}/fitness.jsonl",
        vision="{root}/{task}/vision/model.safetensors",
        memory=memory_model,
    output:
        "{root}/{task}/evaluation/{controller}.transfer.csv",
    log:
        "{root}/logs/{task}/evaluation/{controller}.transfer.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/{controller}.transfer.tsv"
    conda:
        "../../environment.yml"
    threads: workers_of("evaluation")
    resources:
        mem_mb=4000,
        runtime=480,
    params:
        versions=task_versions("evaluation.transfer"),
        lineage=models_lineage("controllers"),
        environment=section("environment"),
        settings=section("evaluation", without=["play.episodes", "dream_episodes"]),
        memory=memory_option,
        seed=seed,
        patience=patience,
    shell:
        "python -m world_models.evaluation.transfer --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.settings:q}"
        " --controller {input.controller} --fitness {input.fitness} --vision {input.vision}"
        " {params.memory} --output {output} --workers {threads} {params.patience} --log {log}"


rule measure_foresight:
    input:
        code=code("evaluation.death_prediction", "tasks.take_cover"),
        controller="{root}/take_cover/controllers/tau_{temperature}/model.safetensors",
        vision="{root}/take_cover/vision/model.safetensors",
        memory="{root}/take_cover/memory/model.safetensors",
    output:
        "{root}/take_cover/evaluation/tau_{temperature}.foresight.csv",
    log:
        "{root}/logs/take_cover/evaluation/tau_{temperature}.foresight.log",
    benchmark:
        "{root}/benchmarks/take_cover/evaluation/tau_{temperature}.foresight.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        versions=versions("evaluation.death_prediction", "tasks.take_cover"),
        lineage=lineage("memory", "controllers", task="take_cover"),
        environment=section("environment", "take_cover"),
        settings=section("evaluation", "take_cover", without=["dream_episodes", *TRANSFER]),
        seed=seed,
        patience=hung_after,
    shell:
        "python -m world_models.evaluation.death_prediction --task take_cover --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.settings:q}"
        " --controller {input.controller} --vision {input.vision} --memory {input.memory}"
        " --output {output} {params.patience} --log {log}"


rule evaluate_random_policy:
    input:
        code=task_code("evaluation.random_policy"),
    output:
        "{root}/{task}/evaluation/random.csv",
    log:
        "{root}/logs/{task}/evaluation/random.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/random.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        versions=task_versions("evaluation.random_policy"),
        environment=section("environment", without=["engine"]),
        settings=section("evaluation", without=["dream_episodes", "slots", *TRANSFER]),
        seed=seed,
        patience=hung_after,
    shell:
        "python -m world_models.evaluation.random_policy --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --settings {params.settings:q} --output {output} {params.patience} --log {log}"


rule play_blind:
    input:
        code=code("evaluation.open_loop", "tasks.take_cover"),
        memory="{root}/take_cover/memory/model.safetensors",
    output:
        "{root}/take_cover/evaluation/blind.csv",
    log:
        "{root}/logs/take_cover/evaluation/blind.log",
    benchmark:
        "{root}/benchmarks/take_cover/evaluation/blind.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        versions=versions("evaluation.open_loop", "tasks.take_cover"),
        lineage=lineage("memory", task="take_cover"),
        environment=section("environment", "take_cover"),
        settings=section("evaluation", "take_cover", without=TRANSFER),
        temperatures=temperatures,
        seed=seed,
        patience=hung_after,
    shell:
        "python -m world_models.evaluation.open_loop --task take_cover --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.settings:q}"
        " --memory {input.memory} --temperatures {params.temperatures}"
        " --output {output} {params.patience} --log {log}"


rule pick_examples:
    input:
        code=code("evaluation.examples"),
        held_out=shards("rollouts", "held_out"),
        store=stores("rollouts", "held_out"),
    output:
        store=directory("{root}/{task}/evaluation/examples.zarr"),
        manifest="{root}/{task}/evaluation/examples.json",
    log:
        "{root}/logs/{task}/evaluation/examples.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/examples.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        versions=versions("evaluation.examples"),
        lineage=lineage("rollouts"),
    shell:
        "python -m world_models.evaluation.examples --task {wildcards.task}"
        " --held-out {input.held_out} --manifest {output.manifest} --log {log}"
