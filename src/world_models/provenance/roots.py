"""The folders of scales and studies, their settings, and the rounds that lead to a study.

A root is such a folder: results (the paper's scale), results/lab, results/lab/studies/NAME.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from world_models.errors import WorldModelsError
from world_models.settings import (
    SCALE,
    SHARDS_MOST,
    ControllerRollouts,
    Experiment,
    Settings,
    resolve,
    scales_of,
)

RESULTS = "results"


class RootSettings(Mapping[str, Settings]):
    """The settings of each root. A study's overlay is applied and checked on first access.

    Args:
        config: the content of config.yaml.

    Raises:
        WorldModelsError: a scale's setting is wrong; for a study's, on first access.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._found: dict[str, Settings] = {}
        self._where: dict[str, tuple[str, str | None]] = {}
        for scale in ("paper", *scales_of(config)):
            root = scale_root(scale)
            self._where[root], self._found[root] = (scale, None), resolve(config, scale)
            for study in self._found[root].studies:
                self._where[study_root(root, study)] = (scale, study)

    def __getitem__(self, root: str) -> Settings:
        """Return a root's settings, checked."""
        if root not in self._found:
            self._found[root] = resolve(self._config, *self._where[root])
        return self._found[root]

    def __contains__(self, root: object) -> bool:
        """Say whether there is such a root, without resolving its settings."""
        return root in self._where

    def __iter__(self) -> Iterator[str]:
        """Yield the roots, each scale before its studies."""
        return iter(self._where)

    def __len__(self) -> int:
        """Return how many roots there are."""
        return len(self._where)

    def scale_of(self, root: str) -> str:
        """Return the root of a root's scale; for a scale's root, itself."""
        return scale_root(self._where[root][0])


class Roots:
    """All roots of a configuration.

    Args:
        config: the content of config.yaml.

    Attributes:
        settings: the settings of each root.
        scale: the root of each root's scale; for a scale's root, itself.

    Raises:
        WorldModelsError: a scale's setting is wrong. A study is checked only on request (`check`):
            there are many, and most plans use none.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.settings = RootSettings(config)
        self.scale = {root: self.settings.scale_of(root) for root in self.settings}

    def check(self, root: str) -> None:
        """Refuse settings that don't fit those of other roots.

        Raises:
            WorldModelsError: a setting is wrong.
        """
        self._check_rollouts(root)
        self._check_vision(root)

    def experiment(self, root: str, task: str) -> Experiment:
        """Return a task's settings.

        Raises:
            WorldModelsError: there is no such root, or it has no such task.
        """
        if root not in self.settings:
            raise WorldModelsError(f"{root}: no such scale or study in config.yaml")
        tasks = self.settings[root].tasks
        if task not in tasks:
            raise WorldModelsError(f"{root}/{task}: no such task; there are {', '.join(tasks)}")
        return tasks[task]

    def root_of(self, path: str) -> str:
        """Return the innermost root that a path lies in; "" for none."""
        roots = (each for each in self.settings if path.startswith(f"{each}/"))
        return max(roots, key=len, default="")

    def rounds(self, root: str) -> list[str]:
        """Return the roots of the rounds that led to a study, the study's own last."""
        scale = self.scale[root]
        after = None if scale == root else self.settings[scale].studies[study_of(root)].after
        if after is None:
            return [root]
        before = scale if after.study is None else study_root(scale, after.study)
        return [*self.rounds(before), root]

    def vision_root(self, root: str) -> str | None:
        """Return the root whose V a study uses; None if V learns from the root's own rollouts."""
        scale = self.scale[root]
        if scale == root:
            return None
        chosen = self.settings[scale].studies[study_of(root)].vision_from
        return None if chosen is None else scale if chosen == SCALE else study_root(scale, chosen)

    def relatives(self, root: str) -> list[str]:
        """Return the roots that may share results with a root; it may be among them itself.

        They are its scale's, those of the rounds that led to it, and that of the V that it uses.
        """
        other = self.vision_root(root)
        return [self.scale[root], *self.rounds(root), *([other] if other is not None else [])]

    def controller_rollouts(self, root: str, task: str) -> ControllerRollouts | None:
        """Return what a round adds to a task's rollouts; None if the root is no round of it."""
        if len(self.rounds(root)) == 1:
            return None
        after = self.settings[self.scale[root]].studies[study_of(root)].after
        assert after is not None
        return after.rollouts.get(task)

    def added_shards(self, root: str, task: str) -> list[str]:
        """Return the names of the shards that a round's controller plays, e.g. second-0000."""
        added = self.controller_rollouts(root, task)
        if added is None:
            return []
        per_shard = self.experiment(root, task).shards.episodes_per_shard
        return [f"{study_of(root)}-{n:04d}" for n in range(-(-added.episodes // per_shard))]

    def tasks(self, root: str) -> list[str]:
        """Return the tasks that a root's tables show: those that a study or its rounds name.

        A scale's tables show the paper's tasks, which are named after their kinds. So do those of a
        study that names no task. Other tasks have tables of their own.
        """
        scale = self.scale[root]
        studies = [study_of(each) for each in self.rounds(root) if each != scale]
        named = {task for each in studies for task in self.settings[scale].studies[each].tasks}
        tasks = self.settings[root].tasks
        papers = {name for name, each in tasks.items() if name == each.kind}
        return [task for task in tasks if task in (named or papers)]

    def _check_rollouts(self, root: str) -> None:
        """Refuse a round with changed looks, an unknown controller or too many shards."""
        for task in self.settings[root].tasks:
            added = self.controller_rollouts(root, task)
            if added is None:
                continue
            where = f"config.yaml: studies.{study_of(root)}.after.rollouts.{task}"
            if self.experiment(root, task).rollouts.looks != "usual":
                raise WorldModelsError(
                    f"{where}: rounds are played in the usual look; drop {task}.rollouts.looks"
                )
            before = self.rounds(root)[-2]
            names = self.experiment(before, task).controllers.names
            if added.controller not in names:
                raise WorldModelsError(
                    f"{where}.controller: {before} has no controller {added.controller}; it has "
                    f"{', '.join(names)}"
                )
            if len(self.added_shards(root, task)) > SHARDS_MOST:
                raise WorldModelsError(
                    f"{where}.episodes: more than {SHARDS_MOST} shards; raise "
                    f"{task}.shards.episodes_per_shard"
                )

    def _check_vision(self, root: str) -> None:
        """Refuse a study that uses another's V, and has other settings of V."""
        other = self.vision_root(root)
        if other is None:
            return
        for task in self.settings[root].tasks:
            if self.experiment(root, task).vision != self.experiment(other, task).vision:
                where = f"config.yaml: studies.{study_of(root)}.vision_from: {task}.vision"
                raise WorldModelsError(
                    f"{where} differs from that of {other}, whose V it is; write the same"
                )


def scale_root(scale: str) -> str:
    """Return the folder of a scale."""
    return RESULTS if scale == "paper" else f"{RESULTS}/{scale}"


def study_root(scale: str, study: str) -> str:
    """Return the folder of a study, given its scale's folder."""
    return f"{scale}/studies/{study}"


def study_of(root: str) -> str:
    """Return the study whose folder this is."""
    return root.rpartition("/")[2]
