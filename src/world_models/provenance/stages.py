"""The stages, each with its code and settings. A result is stale when one of these changes.

A stage is a kind of result. Its code is its module and, if the stage plays, the module of the
task's kind, with everything that they import except `EXECUTION`. Its settings are whole sections of
config.yaml. Sections that no stage names change no result.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A kind of result.

    Attributes:
        module: run as `python -m world_models.<module>`.
        sections: the task's sections of config.yaml that the result depends on.
        plays: whether the stage plays the task, and so runs the code of the task's kind.
        path: the result's main file, below the folder of a task.
        beside: the other files and stores that the stage makes, in the main file's folder.
    """

    module: str
    sections: tuple[str, ...]
    plays: bool
    path: str
    beside: tuple[str, ...] = ()


STAGES: dict[str, Stage] = {
    "rollouts": Stage(
        "collection.behaviour",
        ("environment", "rollouts"),
        True,
        "rollouts/{name}.json",
        ("{name}.zarr",),
    ),
    "controller_rollouts": Stage(
        "collection.controller",
        ("environment", "rollouts"),
        True,
        "rollouts/{name}.json",
        ("{name}.zarr",),
    ),
    "vision": Stage(
        "vision.train",
        ("shards", "vision"),
        False,
        "vision/model.safetensors",
        ("model.json", "curve.csv", "metrics.json"),
    ),
    "latents": Stage("vision.encode", (), False, "latents/{name}.json", ("{name}.zarr",)),
    "memory": Stage(
        "memory.train",
        ("shards", "memory"),
        False,
        "memory/model.safetensors",
        ("model.json", "curve.csv", "metrics.json"),
    ),
    "controllers": Stage(
        "controller.evolve",
        ("environment", "controller"),
        True,
        "controllers/{name}/model.safetensors",
        ("model.json", "fitness.csv", "fitness.jsonl"),
    ),
    "evaluation": Stage(
        "evaluation.scores", ("environment", "evaluation"), True, "evaluation/{name}.csv"
    ),
    "dream_evaluation": Stage(
        "evaluation.scores",
        ("environment", "dream_evaluation"),
        True,
        "evaluation/{name}.dream.csv",
    ),
    "transfer": Stage(
        "evaluation.transfer",
        ("environment", "transfer"),
        True,
        "evaluation/{name}.transfer.csv",
    ),
    "death_prediction": Stage(
        "evaluation.death_prediction",
        ("environment", "death_prediction"),
        True,
        "evaluation/{name}.death_prediction.csv",
    ),
    "open_loop": Stage(
        "evaluation.open_loop",
        ("environment", "open_loop"),
        True,
        "evaluation/open_loop.csv",
    ),
    "random_policy": Stage(
        "evaluation.random_policy",
        ("environment", "evaluation"),
        True,
        "evaluation/random.csv",
    ),
    "examples": Stage(
        "evaluation.examples", (), False, "evaluation/examples.json", ("examples.zarr",)
    ),
    "experience": Stage("evaluation.experience", (), False, "evaluation/experience.csv"),
    "seen": Stage("evaluation.seen", ("environment", "seen"), True, "evaluation/{name}.seen.csv"),
    "horizon": Stage("evaluation.horizon", ("horizon",), False, "evaluation/horizon.csv"),
    "regions": Stage(
        "evaluation.regions",
        ("environment", "rollouts", "regions"),
        True,
        "evaluation/regions.csv",
    ),
}

# Successors: each method in the section `successors` is a stage of the same name. Its evaluation
# belongs to a stage of the method's kind. The paper's tables don't show them.
RSSM = ("planet", "dreamer_1", "dreamer_2", "dreamer_3")
KINDS = {"rssm": RSSM, "muzero": ("muzero",), "model_free": ("ppo",)}  # folders of `successors`
METHODS = {method: kind for kind, methods in KINDS.items() for method in methods}
STAGES |= {
    method: Stage(
        f"successors.{kind}.train",
        ("environment", method),
        True,
        f"successors/{method}/model.safetensors",
        ("model.json", "curve.csv", "cost.json"),
    )
    for method, kind in METHODS.items()
}
METHOD_EVALUATIONS = {f"{kind}_evaluation": methods for kind, methods in KINDS.items()}
STAGES |= {
    f"{kind}_evaluation": Stage(
        f"successors.{kind}.evaluate",
        ("environment", "evaluation"),
        True,
        "successors/{name}/evaluation.csv",
    )
    for kind in KINDS
}
# What a method's model imagines, beside what really happened; PPO has no model.
METHOD_FUTURES = {f"{kind}_futures": KINDS[kind] for kind in ("rssm", "muzero")}
STAGES |= {
    stage: Stage(
        f"successors.{stage.replace('_', '.')}",
        ("environment",),
        True,
        "successors/{name}/futures.safetensors",
    )
    for stage in METHOD_FUTURES
}
OF_METHODS = METHOD_EVALUATIONS | METHOD_FUTURES  # made from a trained method, and named after it
SUCCESSORS = (*METHODS, *OF_METHODS)

# Stages shown only in the tables of all studies: for every study, or for those that ask.
ALWAYS = ("experience",)
MEASURES = (*ALWAYS, "seen", "horizon", "regions")
MEASURED_BY = {"generations": "transfer"}  # measures that are not named after their stage

TABLES = "paper.make"  # draws the tables and figures of all other stages but the successors
STUDIES_TABLES = "studies.make"  # draws those of a scale's studies
SUCCESSORS_TABLES = "successors_tables.make"  # draws those of the successors

# Sections of a task that belong to no stage: they select what to make and change no result.
ASIDE = ("controllers", "successors")

# Modules that run a stage but change none of its results: processes, pools, clusters, progress,
# command lines and messages. Their code is not part of a result's provenance. Thread counts, units
# of work and all arithmetic lie elsewhere; tests/provenance/test_code.py checks this list against
# what these modules import and what Python loads.
EXECUTION = (
    "world_models.errors",
    "world_models.execution",
    "world_models.provenance",
    "world_models.stage",
)
