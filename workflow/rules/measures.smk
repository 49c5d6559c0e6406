# Measures that only the tables of all studies show: for every study, or for those that ask.
rule count_experience:
    input:
        rollouts=made_from("experience", "rollouts", "controller_rollouts"),
    output:
        "{root}/{task}/evaluation/experience.csv",
    log:
        "{root}/logs/{task}/evaluation/experience.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/experience.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        **provenance("experience"),
    shell:
        "python -m world_models.evaluation.experience --task {wildcards.task}"
        " --rollouts {input.rollouts} --output {output} --log {log}"


rule measure_seen:
    input:
        controller=played,
        vision=made_from("seen", "vision"),
        memory=made_from("seen", "memory"),
    output:
        "{root}/{task}/evaluation/{controller}.seen.csv",
    log:
        "{root}/logs/{task}/evaluation/{controller}.seen.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/{controller}.seen.tsv"
    wildcard_constraints:
        controller=rf"random|{CONTROLLER}",
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=480,
    params:
        **provenance("seen"),
        controller=controller_option,
        runtime=runtime("--hung-after"),
    shell:
        "python -m world_models.evaluation.seen --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --settings {params.seen:q} {params.controller}"
        " --vision {input.vision} --memory {input.memory}"
        " --output {output} {params.runtime} --log {log}"


rule measure_horizon:
    input:
        vision=made_from("horizon", "vision"),
        memory=made_from("horizon", "memory"),
        held_out=made_from("horizon", "rollouts"),
        store=made_from("horizon", "rollouts", also=store),
    output:
        "{root}/{task}/evaluation/horizon.csv",
    log:
        "{root}/logs/{task}/evaluation/horizon.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/horizon.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        **provenance("horizon"),
        temperatures=temperatures,
    shell:
        "python -m world_models.evaluation.horizon --task {wildcards.task} --seed {params.seed}"
        " --settings {params.horizon:q} --vision {input.vision} --memory {input.memory}"
        " --held-out {input.held_out} --temperatures {params.temperatures}"
        " --output {output} --log {log}"


rule measure_regions:
    input:
        vision=made_from("regions", "vision"),
    output:
        "{root}/{task}/evaluation/regions.csv",
    log:
        "{root}/logs/{task}/evaluation/regions.log",
    benchmark:
        "{root}/benchmarks/{task}/evaluation/regions.tsv"
    conda:
        "../../environment.yml"
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        **provenance("regions"),
        runtime=runtime("--hung-after"),
    shell:
        "python -m world_models.evaluation.regions --task {wildcards.task} --seed {params.seed}"
        " --environment {params.environment:q} --rollouts {params.rollouts:q}"
        " --settings {params.regions:q} --vision {input.vision}"
        " --output {output} {params.runtime} --log {log}"
