# What each result is made from, back to the first rollout: the code, pins and settings of the
# stages behind it. A rule with this among its params knows by itself that it is out of date.
#
# Without it a rule would know only through its inputs. But before a stage runs, Snakemake removes
# its old outputs; if it then fails, an input that is missing looks like an intermediate file that
# was cleaned away, and what was made from it passes for finished.
from typing import NamedTuple


class Stage(NamedTuple):
    """The modules behind a kind of result, the settings that count, and the kinds it is made of."""

    modules: list[str]
    sections: list[str] = []
    made_from: list[str] = []


STAGES = {
    "rollouts": Stage(["collection.behaviour"], ["environment", "rollouts"]),
    "vision": Stage(["vision.train"], ["vision"], ["rollouts"]),
    "latents": Stage(["vision.encode"], [], ["vision"]),
    "memory": Stage(["memory.train"], ["memory"], ["latents"]),
    "controllers": Stage(["controller.evolve"], ["environment", "controller"]),
    "examples": Stage(["evaluation.examples"], [], ["rollouts"]),
    "evaluation": Stage(
        [
            "evaluation.scores",
            "evaluation.random_policy",
            "evaluation.transfer",
            "evaluation.death_prediction",
            "evaluation.open_loop",
        ],
        ["environment", "evaluation"],
    ),
}


# Settings that change no result: how often to save, which controllers there are, and dreams that
# CarRacing's controllers don't have.
WITHOUT = {
    "car_racing": {"save_every_seconds", "variants", "dream_episodes"},
    "take_cover": {"save_every_seconds", "temperatures"},
}


def ancestors(kinds):
    """These kinds of result and all that they are made from, each once."""
    found = []
    for kind in kinds:
        found += [kind, *ancestors(STAGES[kind].made_from)]
    return sorted(set(found))


@cache
def lineage_of(root, task, kinds):
    settings = getattr(SETTINGS[root], task)
    sections, modules = set(), [f"tasks.{task}"]
    for stage in map(STAGES.get, ancestors(kinds)):
        sections.update(stage.sections)
        modules += stage.modules
    told = [f'{{"seed": {SETTINGS[root].seed}}}']
    for name in sorted(sections):
        content = getattr(settings, name).model_dump(exclude=WITHOUT[task])
        told.append(json.dumps(content, sort_keys=True))
    return told + versions(*modules)


def lineage(*kinds, task=None):
    """A params function: what these kinds of result, the rule's inputs, were made from."""

    def of_task(wildcards):
        return lineage_of(wildcards.root, task or wildcards.task, kinds)

    return of_task


def models_lineage(*kinds, task=None):
    """As `lineage`, of V alone for controllers that don't use M."""

    def of_controller(wildcards):
        models = "memory" if memory_model(wildcards) else "vision"
        return lineage_of(wildcards.root, task or wildcards.task, (models, *kinds))

    return of_controller
