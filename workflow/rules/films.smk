# Films, as GIF, as MP4 and, for the report, as a page that plays them: a controller in its game,
# beside V's reconstruction; a controller in its dream; one start dreamed at several temperatures;
# the effect of each of V's latents on the picture. No other result depends on them.
rule film_game:
    input:
        controller=behind("evaluation", "controllers"),
        vision=behind("evaluation", "vision"),
        memory=behind("evaluation", "memory"),
    output:
        "{root}/{task}/films/{controller}.gif",
        "{root}/{task}/films/{controller}.mp4",
        report(
            "{root}/{task}/films/{controller}.html",
            category=section("scores"),
            subcategory=part("scores"),
            labels={"shows": "{controller} in its game", "kind": "film"},
            caption="../report/film_game.rst",
        ),
    log:
        "{root}/logs/{task}/films/{controller}.log",
    benchmark:
        "{root}/benchmarks/{task}/films/{controller}.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        **filmed("watch", "evaluation"),
        memory=memory_option,
    shell:
        "python -m world_models.inspection.watch --task {wildcards.task}"
        " --environment {params.environment:q} --episode-seed {params.episode}"
        " --controller {input.controller} --vision {input.vision} {params.memory}"
        " --output {output} --log {log}"


rule film_dream:
    input:
        controller=behind("dream_evaluation", "controllers"),
        memory=behind("dream_evaluation", "memory"),
        vision=model("vision"),
    output:
        "{root}/{task}/films/{controller}.dream.gif",
        "{root}/{task}/films/{controller}.dream.mp4",
        report(
            "{root}/{task}/films/{controller}.dream.html",
            category=section("dreams"),
            subcategory=part("dreams"),
            labels={"shows": "{controller} in its dream", "kind": "film"},
            caption="../report/film_dream.rst",
        ),
    log:
        "{root}/logs/{task}/films/{controller}.dream.log",
    benchmark:
        "{root}/benchmarks/{task}/films/{controller}.dream.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        **filmed("watch", "dream_evaluation"),
    shell:
        "python -m world_models.inspection.watch --task {wildcards.task} --dream"
        " --environment {params.environment:q} --episode-seed {params.episode}"
        " --controller {input.controller} --vision {input.vision} --memory {input.memory}"
        " --output {output} --log {log}"


rule film_temperatures:
    input:
        vision=model("vision"),
        memory=model("memory"),
    output:
        "{root}/{task}/films/temperatures.gif",
        "{root}/{task}/films/temperatures.mp4",
        report(
            "{root}/{task}/films/temperatures.html",
            category=section("dreams"),
            subcategory=part("dreams"),
            labels={"shows": "one start at several temperatures", "kind": "film"},
            caption="../report/film_temperatures.rst",
        ),
    log:
        "{root}/logs/{task}/films/temperatures.log",
    benchmark:
        "{root}/benchmarks/{task}/films/temperatures.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        **filmed("temperatures", "memory"),
    shell:
        "python -m world_models.inspection.temperatures --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --vision {input.vision} --memory {input.memory} --output {output} --log {log}"


rule film_latents:
    input:
        vision=model("vision"),
    output:
        "{root}/{task}/films/latents.gif",
        "{root}/{task}/films/latents.mp4",
        report(
            "{root}/{task}/films/latents.html",
            category=section("models"),
            subcategory=part("models"),
            labels={"shows": "V's latents", "kind": "film"},
            caption="../report/film_latents.rst",
        ),
    log:
        "{root}/logs/{task}/films/latents.log",
    benchmark:
        "{root}/benchmarks/{task}/films/latents.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        **filmed("traversal", "vision"),
    shell:
        "python -m world_models.inspection.traversal --task {wildcards.task}"
        " --vision {input.vision} --output {output} --log {log}"


# All films of a task.
rule films:
    input:
        films_of,
    output:
        touch("{root}/{task}/films/all"),
