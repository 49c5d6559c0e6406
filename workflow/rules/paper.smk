EVERYTHING = ("memory", "controllers", "evaluation", "examples")


rule paper_tables:
    input:
        code=code("paper.make"),
        models=expand(
            "{{root}}/{task}/{kind}/model.{suffix}",
            task=["car_racing", "take_cover"],
            kind=["vision", "memory"],
            suffix=["safetensors", "json"],
        ),
        curves=expand(
            "{{root}}/{task}/{kind}/{name}",
            task=["car_racing", "take_cover"],
            kind=["vision", "memory"],
            name=["curve.csv", "metrics.json"],
        ),
        controllers=controller_files("{task}/controllers/{name}/model.json"),
        fitness=controller_files("{task}/controllers/{name}/fitness.csv"),
        scores=controller_files("{task}/evaluation/{name}.csv"),
        dream_scores=dreamt("dream"),
        transfer=controller_files("{task}/evaluation/{name}.transfer.csv"),
        foresight=dreamt("foresight"),
        blind="{root}/take_cover/evaluation/blind.csv",
        random=expand("{{root}}/{task}/evaluation/random.csv", task=["car_racing", "take_cover"]),
        car_racing="{root}/car_racing/evaluation/examples.json",
        car_racing_store=ancient("{root}/car_racing/evaluation/examples.zarr"),
        take_cover="{root}/take_cover/evaluation/examples.json",
        take_cover_store=ancient("{root}/take_cover/evaluation/examples.zarr"),
    output:
        directory("{root}/paper_tables"),
    log:
        "{root}/logs/paper_tables.log",
    benchmark:
        "{root}/benchmarks/paper_tables.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        versions=versions("paper.make"),
        car_racing_lineage=lineage(*EVERYTHING, task="car_racing"),
        take_cover_lineage=lineage(*EVERYTHING, task="take_cover"),
        variants=variants,
        temperatures=temperatures,
        seed=seed,
    shell:
        "python -m world_models.paper.make --root {wildcards.root} --seed {params.seed}"
        " --variants {params.variants} --temperatures {params.temperatures}"
        " --held-out-car-racing {input.car_racing} --held-out-take-cover {input.take_cover}"
        " --output {output} --log {log}"
