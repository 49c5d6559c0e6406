rule evaluate_controller:
    input:
        controller=made_from("evaluation", "controllers"),
        vision=made_from("evaluation", "vision"),
        memory=made_from("evaluation", "memory"),
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
        **provenance("evaluation"),
        memory=memory_option,
        runtime=runtime("--hung-after", "--attempts"),
    shell:
        "python -m world_models.evaluation.scores --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.evaluation:q}"
        " --controller {input.controller} --vision {input.vision} {params.memory}"
        " --output {output} --workers {threads} {params.runtime} --log {log}"


rule evaluate_in_dream:
    input:
        controller=made_from("dream_evaluation", "controllers"),
        memory=made_from("dream_evaluation", "memory"),
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
        **provenance("dream_evaluation"),
        runtime=runtime("--hung-after", "--attempts"),
    shell:
        "python -m world_models.evaluation.scores --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.dream_evaluation:q} --dream"
        " --controller {input.controller} --memory {input.memory}"
        " --output {output} --workers {threads} {params.runtime} --log {log}"


rule measure_transfer:
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
        "python -m world_models.evaluation.transfer --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.transfer:q}"
        " --controller {input.controller} --fitness {input.fitness} --vision {input.vision}"
        " {params.memory} {params.start} --output {output} --workers {threads} {params.runtime} --log {log}"


rule measure_death_prediction:
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
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        **provenance("death_prediction"),
        runtime=runtime("--hung-after"),
    shell:
        "python -m world_models.evaluation.death_prediction --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --settings {params.death_prediction:q} --controller {input.controller}"
        " --vision {input.vision} --memory {input.memory}"
        " --output {output} {params.runtime} --log {log}"


rule evaluate_random_policy:
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
        **provenance("random_policy"),
        runtime=runtime("--hung-after"),
    shell:
        "python -m world_models.evaluation.random_policy --task {wildcards.task}"
        " --seed {params.seed} --environment {params.environment:q}"
        " --settings {params.evaluation:q} --output {output} {params.runtime} --log {log}"


rule play_open_loop:
    input:
        memory=made_from("open_loop", "memory"),
    output:
        "{root}/{task}/evaluation/open_loop.csv",
    log:
        "{root}/logs/{task}/evaluation/open_loop.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/open_loop.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        **provenance("open_loop"),
        temperatures=temperatures,
        runtime=runtime("--hung-after"),
    shell:
        "python -m world_models.evaluation.open_loop --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.open_loop:q}"
        " --memory {input.memory} --temperatures {params.temperatures}"
        " --output {output} {params.runtime} --log {log}"


rule pick_examples:
    input:
        held_out=made_from("examples", "rollouts"),
        store=made_from("examples", "rollouts", also=store),
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
        **provenance("examples"),
    shell:
        "python -m world_models.evaluation.examples --task {wildcards.task}"
        " --held-out {input.held_out} --manifest {output.manifest} --log {log}"
