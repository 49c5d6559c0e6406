"""All results of a configuration: what each is made from, and where it lies.

If a study's result has the same settings and ancestors as its scale's, it *is* the scale's file.
Likewise a later round shares an earlier round's, and a study those of the study whose V it uses. So
one question decides what is shared and what is stale: what is a result made from, back to the first
rollout?
"""

from collections.abc import Mapping
from typing import Any

from world_models.errors import WorldModelsError
from world_models.provenance.ancestry import Ancestry
from world_models.provenance.artifact import Artifact
from world_models.provenance.roots import study_of
from world_models.provenance.stages import ALWAYS, MEASURED_BY, MEASURES, STAGES, SUCCESSORS
from world_models.provenance.starts import check_start


class Plan(Ancestry):
    """All results of a configuration: of its scales, and of each scale's studies.

    Args:
        config: the content of config.yaml.

    Raises:
        WorldModelsError: a scale's setting is wrong. A study's settings are checked when one of
            its results is requested.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._checked: set[str] = set()
        for root in set(self.scale.values()):
            self.check(root)

    def check(self, root: str) -> None:
        """Refuse settings that don't fit those of other roots; check each root once.

        Raises:
            WorldModelsError: a setting is wrong.
        """
        if root in self._checked or root not in self.settings:
            return
        self._checked.add(root)
        super().check(root)
        for task in self.settings[root].tasks:
            check_start(self, root, task)

    def own(self, stage: str, root: str, task: str, name: str = "") -> Artifact:
        """Return a result that lies in this root.

        Raises:
            WorldModelsError: the root has no such result, or shares another root's.
        """
        found = self.artifact(stage, root, task, name)
        if found.root != root:
            path = f"{root}/{task}/{STAGES[stage].path.format(name=name)}"
            raise WorldModelsError(f"{path}: shared with {found.root}; ask for {found.path}")
        return found

    def results(self, root: str, task: str) -> list[Artifact]:
        """Return all results of a task as a root sees them, except measures and successors."""
        return [
            self.artifact(stage, root, task, name)
            for stage in STAGES
            if stage not in (*MEASURES, *SUCCESSORS)
            for name in self.names(stage, root, task)
        ]

    def measures(self, root: str, task: str) -> list[Artifact]:
        """Return further results of a task, which only the tables of all studies show."""
        scale = self.scale[root]
        known = self.settings[scale].studies
        measures = [] if root == scale else known[study_of(root)].measures
        return [
            self.artifact(stage, root, task, name)
            for stage in (*ALWAYS, *(MEASURED_BY.get(each, each) for each in measures))
            for name in self.names(stage, root, task)
        ]

    def behind(self, root: str) -> set[str]:
        """Return the root, and the roots that its results may lie in or be made from."""
        found, waiting = set[str](), [root]
        while waiting:
            each = waiting.pop()
            if each in found or each not in self.settings:
                continue
            found.add(each)
            waiting += self.relatives(each)
            for task in self.settings[each].tasks:
                if self.experiment(each, task).controller.start is not None:
                    waiting.append(self.start_root(each, task))
        return found
