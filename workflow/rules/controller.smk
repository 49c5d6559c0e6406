rule evolve_controller:
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
        "{params.launch} python -m world_models.controller.evolve --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --settings {params.controller:q} {params.place} {params.vision} {params.memory} {params.start}"
        " --output {output.model} --curve {output.curve} --fitness {output.fitness}"
        " --progress {params.progress} --workers {threads} {params.runtime} --log {log}"
