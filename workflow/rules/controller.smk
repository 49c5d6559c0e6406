# One rule for each place that controllers are evolved in.


rule evolve_in_reality:
    input:
        code=code("controller.evolve", "tasks.car_racing"),
        vision="{root}/car_racing/vision/model.safetensors",
        memory=memory_model,
    output:
        model="{root}/car_racing/controllers/{controller}/model.safetensors",
        about="{root}/car_racing/controllers/{controller}/model.json",
        curve="{root}/car_racing/controllers/{controller}/fitness.csv",
        fitness="{root}/car_racing/controllers/{controller}/fitness.jsonl",
    log:
        "{root}/logs/car_racing/controllers/{controller}.log",
    benchmark:
        "{root}/benchmarks/car_racing/controllers/{controller}.tsv"
    conda:
        "../../environment.yml"
    threads: workers_of("controller")
    resources:
        mem_mb=8000,
        runtime=1440,
        tasks=1,
    params:
        launch=launch,
        versions=versions("controller.evolve", "tasks.car_racing"),
        lineage=models_lineage(task="car_racing"),
        environment=section("environment", "car_racing"),
        settings=section("controller", "car_racing", without=["variants"]),
        memory=memory_option,
        seed=seed,
        progress="{root}/progress/car_racing/{controller}",
        patience=patience,
    shell:
        "{params.launch} python -m world_models.controller.evolve --task car_racing --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.settings:q}"
        " --variant {wildcards.controller} --vision {input.vision} {params.memory}"
        " --output {output.model} --curve {output.curve} --fitness {output.fitness}"
        " --progress {params.progress} --workers {threads} {params.patience} --log {log}"


rule evolve_in_dream:
    input:
        code=code("controller.evolve", "tasks.take_cover"),
        memory="{root}/take_cover/memory/model.safetensors",
    output:
        model="{root}/take_cover/controllers/tau_{temperature}/model.safetensors",
        about="{root}/take_cover/controllers/tau_{temperature}/model.json",
        curve="{root}/take_cover/controllers/tau_{temperature}/fitness.csv",
        fitness="{root}/take_cover/controllers/tau_{temperature}/fitness.jsonl",
    log:
        "{root}/logs/take_cover/controllers/tau_{temperature}.log",
    benchmark:
        "{root}/benchmarks/take_cover/controllers/tau_{temperature}.tsv"
    conda:
        "../../environment.yml"
    threads: workers_of("controller")
    resources:
        mem_mb=8000,
        runtime=1440,
        tasks=1,
    params:
        launch=launch,
        versions=versions("controller.evolve", "tasks.take_cover"),
        lineage=lineage("memory", task="take_cover"),
        environment=section("environment", "take_cover"),
        settings=section("controller", "take_cover", without=["temperatures"]),
        seed=seed,
        progress="{root}/progress/take_cover/tau_{temperature}",
        patience=patience,
    shell:
        "{params.launch} python -m world_models.controller.evolve --task take_cover --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.settings:q}"
        " --temperature {wildcards.temperature} --memory {input.memory}"
        " --output {output.model} --curve {output.curve} --fitness {output.fitness}"
        " --progress {params.progress} --workers {threads} {params.patience} --log {log}"
