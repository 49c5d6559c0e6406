"""Films of a task: which there are, and what each is made from."""

from world_models.provenance.artifact import code_lines, lines_behind
from world_models.provenance.plan import Plan
from world_models.seeds import Purpose, derive

MODELS = ("controllers", "memory", "vision")


def names(plan: Plan, root: str, task: str) -> list[str]:
    """Return the names of a task's films, without their suffix."""
    played = plan.names("evaluation", root, task)
    dreamt = [f"{name}.dream" for name in plan.names("dream_evaluation", root, task)]
    return [*played, *dreamt, "temperatures", "latents"]


def episode(plan: Plan, root: str, task: str, controller: str) -> int:
    """Return the seed of the episode that a controller's films show; no score uses it."""
    return derive(plan.settings[root].seed, Purpose.FIGURES, task, "film", controller)


def provenance(
    plan: Plan, root: str, task: str, module: str, stage: str, controller: str
) -> list[str]:
    """Return what a film depends on, as lines; see `Artifact.provenance`.

    Args:
        module: the module of `world_models.inspection` that makes the film.
        stage: a key of `STAGES`; the film shows what a result of this stage is made from.
        controller: the controller that plays; "" for none.
    """
    result = plan.artifact(stage, root, task, controller)
    behind = (result, *result.made_from, plan.artifact("vision", root, task))
    models = list(dict.fromkeys(each for each in behind if each.stage in MODELS))
    own = (f"world_models.inspection.{module}", f"world_models.tasks.{result.kind}")
    return sorted({*code_lines([own]), *lines_behind(models, root)})
