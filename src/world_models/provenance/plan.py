"""What there is to make of a configuration: each result, what it is made from, and where it lies.

A study's result whose settings and ancestors are those of its scale *is* the scale's file. So one
question decides what is shared and what is stale: what is a result made from, back to the first
rollout? Here are the settings' part of the answer and the code's.
"""

import json
from collections.abc import Mapping
from typing import Any

from world_models.controller.names import temperature_of, uses_memory
from world_models.errors import WorldModelsError
from world_models.provenance.artifact import Artifact
from world_models.provenance.imports import code_digest
from world_models.provenance.stages import STAGES, TABLES
from world_models.settings import Experiment, Settings, resolve, scales_of

RESULTS = "results"


class Plan:
    """All results of a configuration: of its scales, and of each scale's studies.

    Args:
        config: the content of config.yaml.

    Attributes:
        settings: of each root, the folder of a scale or study.

    Raises:
        WorldModelsError: a setting is wrong, in any scale or study.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.settings: dict[str, Settings] = {}
        self.scale: dict[str, str] = {}  # root to its scale's root
        for scale in ("paper", *scales_of(config)):
            root = RESULTS if scale == "paper" else f"{RESULTS}/{scale}"
            self.settings[root], self.scale[root] = resolve(config, scale), root
            for study in self.settings[root].studies:
                folder = study_root(root, study)
                self.settings[folder] = resolve(config, scale, study)
                self.scale[folder] = root
        self.known: dict[tuple[str, str, str, str], Artifact] = {}

    def experiment(self, root: str, task: str) -> Experiment:
        """Return a task's settings."""
        return self.settings[root].tasks[task]

    def artifact(self, stage: str, root: str, task: str, name: str = "") -> Artifact:
        """Return a result as a root sees it; it may lie in another, which shares it."""
        key = (stage, root, task, name)
        if key not in self.known:
            own = self._own(*key)
            others = (self._own(stage, each, task, name) for each in self._shares_with(root))
            same = next((each for each in others if each.digest == own.digest), None)
            self.known[key] = self.artifact(stage, same.root, task, name) if same else own
        return self.known[key]

    def _shares_with(self, root: str) -> list[str]:
        """Return the roots that a study may share results with: its scale, earlier rounds."""
        found = [] if self.scale[root] == root else [self.scale[root]]
        return found + [each for each in self._rounds(root)[:-1] if each not in found]

    def _rounds(self, root: str) -> list[str]:
        """Return the roots of the rounds that led to a study, the study's own last."""
        after = self._after(root)
        if after is None:
            return [root]
        before = (
            self.scale[root] if after.study is None else study_root(self.scale[root], after.study)
        )
        return [*self._rounds(before), root]

    def _after(self, root: str) -> Any:
        scale = self.scale[root]
        return None if scale == root else self.settings[scale].studies[study_of(root)].after

    def _own(self, stage: str, root: str, task: str, name: str) -> Artifact:
        if task not in self.settings[root].tasks:
            raise WorldModelsError(f"{root}/{task}: no such task in config.yaml")
        experiment = self.experiment(root, task)
        sections = [
            f"{section} {getattr(experiment, section).counted()}"
            for section in STAGES[stage].sections
        ]
        facts = [
            f"seed {self.settings[root].seed}",
            *sections,
            *self._which(stage, root, task, name),
        ]
        made_from = tuple(self._made_from(stage, root, task, name))
        return Artifact(stage, root, task, experiment.kind, name, tuple(facts), made_from)

    def _which(self, stage: str, root: str, task: str, name: str) -> list[str]:
        """Return what tells a result apart from others of its stage, where its name is not all."""
        experiment = self.experiment(root, task)
        if stage == "rollouts":
            numbers = experiment.shards.episodes_of(int(name))
            return [f"episodes {numbers.start} to {numbers.stop}"]
        if stage == "controller_rollouts":
            first, count, noise = self.played_by_controller(root, task, name)
            return [f"{name}: episodes {first} to {first + count}, noise {noise!r}"]
        if stage == "open_loop":
            return [f"temperatures {sorted(experiment.controllers.temperatures)}"]
        return [] if stage in ("vision", "memory", "random_policy", "examples") else [name]

    def _made_from(self, stage: str, root: str, task: str, name: str) -> list[Artifact]:
        def get(other: str, which: str = "") -> Artifact:
            return self.artifact(other, root, task, which)

        if stage in ("rollouts", "random_policy"):
            return []
        if stage == "controller_rollouts":
            played = self._rounds(root)[-2]
            chosen = self._after(root).rollouts[task].controller
            controller = self.artifact("controllers", played, task, chosen)
            return [controller, *self._models(played, task, chosen)]
        if stage == "vision":
            return [*self.training(root, task), self.held_out(root, task)]
        if stage == "latents":
            return [get("vision"), self.shard(root, task, name)]
        if stage == "memory":
            names = [each.name for each in [*self.training(root, task), self.held_out(root, task)]]
            return [get("latents", each) for each in names]
        if stage == "controllers":
            dreamt = temperature_of(name) is not None
            return [get("memory")] if dreamt else self._models(root, task, name)
        if stage == "open_loop":
            return [get("memory")]
        if stage == "examples":
            return [self.held_out(root, task)]
        controller = get("controllers", name)
        if stage == "dream_evaluation":
            return [controller, get("memory")]
        return [controller, *self._models(root, task, name)]

    def _models(self, root: str, task: str, controller: str) -> list[Artifact]:
        """Return V, and M for a controller that sees its state."""
        kinds = ("vision", "memory") if uses_memory(controller) else ("vision",)
        return [self.artifact(kind, root, task) for kind in kinds]

    def training(self, root: str, task: str) -> list[Artifact]:
        """Return the shards that V and M are trained on: behaviours', then earlier controllers'."""
        numbers = range(self.experiment(root, task).shards.training_shards)
        found = [self.artifact("rollouts", root, task, f"{n:04d}") for n in numbers]
        for place in self._rounds(root)[1:]:
            after = self._after(place)
            if task in after.rollouts:
                per_shard = self.experiment(place, task).shards.episodes_per_shard
                count = -(-after.rollouts[task].episodes // per_shard)
                found += [
                    self.artifact("controller_rollouts", place, task, f"{study_of(place)}-{n:04d}")
                    for n in range(count)
                ]
        return found

    def held_out(self, root: str, task: str) -> Artifact:
        """Return the shard that measures V and M."""
        number = self.experiment(root, task).shards.training_shards
        return self.artifact("rollouts", root, task, f"{number:04d}")

    def shard(self, root: str, task: str, name: str) -> Artifact:
        """Return a shard of rollouts by its name: a behaviour's 0007, or a controller's x-0007."""
        if name.isdecimal():
            return self.artifact("rollouts", root, task, name)
        place = study_root(self.scale[root], name.rpartition("-")[0])
        return self.artifact("controller_rollouts", place, task, name)

    def played_by_controller(self, root: str, task: str, name: str) -> tuple[int, int, float]:
        """Return a controller's shard's first episode, number of episodes and exploration noise."""
        chosen = self._after(root).rollouts[task]
        total = chosen.episodes
        per_shard = self.experiment(root, task).shards.episodes_per_shard
        first = int(name.rpartition("-")[2]) * per_shard
        return first, min(per_shard, total - first), chosen.noise

    def tasks(self, root: str) -> list[str]:
        """Return the tasks that a root's tables show: a study's own; of a scale, the paper's.

        The paper's tasks bear the names of their kinds; others have tables of their own.
        """
        scale = self.scale[root]
        if scale == root:
            return [name for name, each in self.settings[root].tasks.items() if name == each.kind]
        named = {
            task
            for each in self._rounds(root)
            if each != scale
            for task in self.settings[scale].studies[study_of(each)].tasks
        }
        return [task for task in self.settings[root].tasks if task in named]

    def results(self, root: str, task: str) -> dict[str, list[Artifact]]:
        """Return all that a task's tables and figures show, by stage."""
        experiment = self.experiment(root, task)
        names = experiment.controllers.names
        dreamt = experiment.controllers.evolved_in == "dream"
        by_controller = ["controllers", "evaluation", "transfer"]
        by_controller += ["dream_evaluation"] if dreamt else []
        by_controller += ["death_prediction"] if dreamt and experiment.memory.predicts_death else []
        single = [
            "vision",
            "memory",
            "random_policy",
            "examples",
            *(["open_loop"] if dreamt else []),
        ]
        return {
            **{stage: [self.artifact(stage, root, task)] for stage in single},
            **{
                stage: [self.artifact(stage, root, task, name) for name in names]
                for stage in by_controller
            },
        }

    def files(self, root: str, task: str) -> list[str]:
        """Return the files that a task's tables and figures are drawn from."""
        beside = {
            "vision": ("model.json", "curve.csv", "metrics.json"),
            "memory": ("model.json", "curve.csv", "metrics.json"),
            "controllers": ("model.json", "fitness.csv"),
        }
        found = []
        for stage, artifacts in self.results(root, task).items():
            for each in artifacts:
                found += [each.path, *(f"{each.folder}/{name}" for name in beside.get(stage, ()))]
        return found

    def sources(self, root: str, tasks: list[str]) -> str:
        """Return, as JSON, which tasks and controllers tables show, and where their results lie."""
        sources = []
        for task in tasks:
            experiment, home, paths = self.experiment(root, task), f"{root}/{task}/", {}
            for file in self.files(root, task):
                if not file.startswith(home):  # another root's, in the same place below it
                    paths[file.partition(f"/{task}/")[2]] = file
            sources.append(
                {
                    "name": task,
                    "environment": experiment.environment.model_dump(),
                    "evolved_in": experiment.controllers.evolved_in,
                    "controllers": experiment.controllers.names,
                    "paths": paths,
                }
            )
        return json.dumps(sources, sort_keys=True)

    def tables_provenance(self, root: str, tasks: list[str]) -> list[str]:
        """Return what the tables of some tasks depend on, as lines."""
        lines = {
            f"code {TABLES} {code_digest(f'world_models.{TABLES}', *self._kinds(root, tasks))[:16]}"
        }
        for task in tasks:
            for artifacts in self.results(root, task).values():
                for each in artifacts:
                    lines |= {f"{task}: {line}" for line in each.provenance()}
        return sorted(lines)

    def _kinds(self, root: str, tasks: list[str]) -> list[str]:
        return sorted({f"world_models.tasks.{self.experiment(root, task).kind}" for task in tasks})


def study_root(scale_root: str, study: str) -> str:
    """Return the folder of a study."""
    return f"{scale_root}/studies/{study}"


def study_of(root: str) -> str:
    """Return the study whose folder this is."""
    return root.rpartition("/")[2]
