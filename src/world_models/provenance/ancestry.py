"""What a result is made from, back to the first rollout, and whether another root has it."""

from collections.abc import Mapping
from typing import Any

from world_models.controller.names import DREAMT, temperature_of, uses_memory
from world_models.errors import WorldModelsError
from world_models.provenance.artifact import Artifact
from world_models.provenance.roots import Roots, study_root
from world_models.provenance.stages import METHODS, OF_METHODS, STAGES

RANDOM = "random"  # the player, besides the controllers, that V's and M's errors are measured on


class Ancestry(Roots):
    """The results of all roots, each with what it is made from.

    Args:
        config: the content of config.yaml.

    Raises:
        WorldModelsError: a scale's setting is wrong.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._artifacts: dict[tuple[str, str, str, str], Artifact] = {}
        self._names: dict[tuple[str, str, str], list[str]] = {}

    def artifact(self, stage: str, root: str, task: str, name: str = "") -> Artifact:
        """Return a result as a root sees it; it may lie in another root, which shares it.

        Raises:
            WorldModelsError: the root has no such result.
        """
        key = (stage, root, task, name)
        if key not in self._artifacts:
            self.check(root)
            self._artifacts[key] = self._find(*key)
        return self._artifacts[key]

    def names(self, stage: str, root: str, task: str) -> list[str]:
        """Return the names of a stage's results in a root: shards, controllers, or [""]."""
        key = (stage, root, task)
        if key not in self._names:
            self._names[key] = self._find_names(*key)
        return self._names[key]

    def start(self, root: str, task: str) -> Artifact | None:
        """Return the controller that a root's searches start from; None if they start at zero."""
        start = self.experiment(root, task).controller.start
        if start is None:
            return None
        return self.artifact("controllers", self.start_root(root, task), task, start.controller)

    def start_root(self, root: str, task: str) -> str:
        """Return the root of the controller that a root's searches start from; it must have one."""
        start, scale = self.experiment(root, task).controller.start, self.scale[root]
        assert start is not None
        return scale if start.study is None else study_root(scale, start.study)

    def training(self, root: str, task: str) -> list[Artifact]:
        """Return V's and M's training shards: the behaviour policy's, then earlier controllers'."""
        names = self.names("rollouts", root, task)[:-1]
        return [self.artifact("rollouts", root, task, name) for name in names] + [
            self.artifact("controller_rollouts", each, task, name)
            for each in self.rounds(root)
            for name in self.added_shards(each, task)
        ]

    def held_out(self, root: str, task: str) -> Artifact:
        """Return the held-out shard, on which V and M are measured."""
        return self.artifact("rollouts", root, task, self.names("rollouts", root, task)[-1])

    def played_by_controller(self, root: str, task: str, name: str) -> tuple[int, int, float]:
        """Return the first episode, number of episodes and noise of a controller's shard."""
        added = self.controller_rollouts(root, task)
        assert added is not None
        per_shard = self.experiment(root, task).shards.episodes_per_shard
        first = int(name.rpartition("-")[2]) * per_shard
        return first, min(per_shard, added.episodes - first), added.noise

    def _find(self, stage: str, root: str, task: str, name: str) -> Artifact:
        other = self.vision_root(root)
        if stage == "vision" and other is not None:
            return self.artifact(stage, other, task)
        own = self._own(stage, root, task, name)
        for each in self.relatives(root):
            if each != root and name in self.names(stage, each, task):
                shared = self.artifact(stage, each, task, name)
                if shared.digest == own.digest:
                    return shared
        return own

    def _find_names(self, stage: str, root: str, task: str) -> list[str]:
        experiment = self.experiment(root, task)
        dreamt = experiment.controllers.evolved_in == "dream"
        if stage == "rollouts":
            return [f"{n:04d}" for n in range(experiment.shards.training_shards + 1)]
        if stage in METHODS:
            return [""] if stage in experiment.successors.methods else []
        if stage in OF_METHODS:
            of_kind = OF_METHODS[stage]
            return [method for method in experiment.successors.methods if method in of_kind]
        if stage == "controller_rollouts":
            return self.added_shards(root, task)
        if stage == "latents":
            earlier = [name for each in self.rounds(root) for name in self.added_shards(each, task)]
            return self.names("rollouts", root, task) + earlier
        if stage in ("controllers", "evaluation", "transfer"):
            return experiment.controllers.names
        if stage == "seen":
            return [*experiment.controllers.names, RANDOM]
        if stage == "dream_evaluation":
            return experiment.controllers.names if dreamt else []
        if stage == "death_prediction":
            predicted = dreamt and experiment.memory.predicts_death
            return experiment.controllers.names if predicted else []
        return [""] if dreamt or stage != "open_loop" else []

    def _own(self, stage: str, root: str, task: str, name: str) -> Artifact:
        experiment = self.experiment(root, task)
        names = self.names(stage, root, task)
        if name not in names:
            what, known = STAGES[stage].path.format(name=name), ", ".join(names) or "none"
            known = f"{names[0]} to {names[-1]}" if len(names) > 9 else known
            raise WorldModelsError(
                f"{root}/{task}/{what}: nothing in config.yaml asks for it; there are {known}"
            )
        settings = [f"seed {self.settings[root].seed}"]
        for section in STAGES[stage].sections:
            settings.append(f"{section} {getattr(experiment, section).counted()}")
        which = self._which(stage, root, task, name)
        made_from = tuple(self._made_from(stage, root, task, name))
        return Artifact(stage, root, task, experiment.kind, name, tuple(settings), which, made_from)

    def _which(self, stage: str, root: str, task: str, name: str) -> str:
        """Return what distinguishes a result from others with the same settings."""
        experiment = self.experiment(root, task)
        if stage == "rollouts":
            numbers = experiment.shards.episodes_of(int(name))
            return f"episodes {numbers.start} to {numbers.stop}"
        if stage == "controller_rollouts":
            first, count, noise = self.played_by_controller(root, task, name)
            added = self.controller_rollouts(root, task)
            assert added is not None
            return (
                f"{name}: episodes {first} to {first + count} by {added.controller} with noise "
                f"{noise!r}"
            )
        if stage in ("open_loop", "horizon"):
            return f"temperatures {sorted(experiment.controllers.temperatures)}"
        sees = experiment.controllers.sees_in_dream
        if stage == "controllers" and sees != DREAMT and temperature_of(name) is not None:
            return f"{name} of {sees}"
        return name

    def _made_from(self, stage: str, root: str, task: str, name: str) -> list[Artifact]:
        if stage in ("rollouts", "random_policy", *METHODS):
            return []
        if stage in OF_METHODS:
            return [self.artifact(name, root, task)]
        if stage == "controller_rollouts":
            added, before = self.controller_rollouts(root, task), self.rounds(root)[-2]
            assert added is not None
            controller = self.artifact("controllers", before, task, added.controller)
            return [controller, *self._models(before, task, added.controller)]
        if stage == "vision":
            return [*self.training(root, task), self.held_out(root, task)]
        if stage == "latents":
            return [self.artifact("vision", root, task), self._shard(root, task, name)]
        if stage == "memory":
            shards = [*self.training(root, task), self.held_out(root, task)]
            return [self.artifact("latents", root, task, each.name) for each in shards]
        if stage == "examples":
            return [self.held_out(root, task)]
        if stage == "experience":
            return self.training(root, task)
        vision, memory = self.artifact("vision", root, task), [self.artifact("memory", root, task)]
        if stage == "regions":
            return [vision]
        if stage == "horizon":
            return [vision, *memory, self.held_out(root, task)]
        if stage == "open_loop":
            return memory
        start = self.start(root, task)
        begun = [] if start is None else [start]
        if stage == "controllers":
            dreamt = temperature_of(name) is not None
            return [*begun, *(memory if dreamt else self._models(root, task, name))]
        if stage == "seen":
            played = [] if name == RANDOM else [self.artifact("controllers", root, task, name)]
            return [*played, vision, *memory]
        controller = self.artifact("controllers", root, task, name)
        models = memory if stage == "dream_evaluation" else self._models(root, task, name)
        return [controller, *models]

    def _models(self, root: str, task: str, controller: str) -> list[Artifact]:
        """Return V, and also M if the controller sees its state."""
        stages = ("vision", "memory") if uses_memory(controller) else ("vision",)
        return [self.artifact(stage, root, task) for stage in stages]

    def _shard(self, root: str, task: str, name: str) -> Artifact:
        """Return a shard by its name: the behaviour policy's 0007, or a controller's x-0007."""
        if name.isdecimal():
            return self.artifact("rollouts", root, task, name)
        rounds = self.rounds(root)
        played = next(each for each in rounds if name in self.added_shards(each, task))
        return self.artifact("controller_rollouts", played, task, name)
