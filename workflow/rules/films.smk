# Films, as GIF and MP4: a controller in its game, beside what V makes of it; in its dream; one start
# dreamed at several temperatures; what each of V's latents paints. Nothing is made from them.
rule film_game:
    input:
        controller=behind("evaluation", "controllers"),
        vision=behind("evaluation", "vision"),
        memory=behind("evaluation", "memory"),
    output:
        multiext("{root}/{task}/films/{controller}", ".gif", ".mp4"),
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
        multiext("{root}/{task}/films/{controller}.dream", ".gif", ".mp4"),
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
        multiext("{root}/{task}/films/temperatures", ".gif", ".mp4"),
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
        multiext("{root}/{task}/films/latents", ".gif", ".mp4"),
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
