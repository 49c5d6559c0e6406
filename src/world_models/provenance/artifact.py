"""One result: what it depends on by itself, and what it is made from."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from world_models.provenance.imports import closure, code_digest
from world_models.provenance.pins import pins_of
from world_models.provenance.stages import STAGES, Stage


@dataclass(frozen=True)
class Artifact:
    """One result.

    Attributes:
        stage: of `STAGES`. root: the folder of the scale or study that it lies in.
        task: its task, of the given kind. name: what tells it apart: a shard's or a controller's.
        facts: what it depends on by itself: settings, seed, which episodes.
        made_from: the results that it is made from.
    """

    stage: str
    root: str
    task: str
    kind: str
    name: str
    facts: tuple[str, ...]
    made_from: tuple["Artifact", ...]

    @property
    def path(self) -> str:
        """The main file."""
        return f"{self.root}/{STAGES[self.stage].path.format(task=self.task, name=self.name)}"

    @property
    def folder(self) -> str:
        """The folder of the main file."""
        return self.path.rpartition("/")[0]

    @cached_property
    def digest(self) -> str:
        """A digest of all settings that led to this result; its code is another matter."""
        content = [self.stage, self.task, *self.facts, *(each.digest for each in self.made_from)]
        return hashlib.sha256("\n".join(content).encode()).hexdigest()

    def ancestors(self) -> Iterator["Artifact"]:
        """Yield this result and all that it was made from, each once."""
        seen: set[str] = set()
        waiting = [self]
        while waiting:
            each = waiting.pop()
            if each.path not in seen:
                seen.add(each.path)
                yield each
                waiting += each.made_from

    def of(self, stage: str) -> "Artifact | None":
        """Return the nearest result of a stage that this one is directly made from, if any."""
        return next((each for each in self.made_from if each.stage == stage), None)

    def provenance(self, project: Path) -> list[str]:
        """Return all that this result depends on, as lines: what Snakemake compares.

        Args:
            project: the folder with requirements.lock.
        """
        lines, files = set(), set()
        for each in self.ancestors():
            here = "" if each.root == self.root else f"{each.root}: "
            own = each.facts if each is self else each.facts[: 1 + len(STAGES[each.stage].sections)]
            lines |= {f"{here}{fact}" for fact in own}
            modules = modules_of(STAGES[each.stage], each.kind)
            files |= set(closure(*modules))
            lines.add(f"code {STAGES[each.stage].module} {code_digest(*modules)[:16]}")
        return sorted(lines) + [f"pin {pin}" for pin in pins_of(sorted(files), project)]


def modules_of(stage: Stage, kind: str) -> tuple[str, ...]:
    """Return the modules whose code a stage runs for a kind of task."""
    own = f"world_models.{stage.module}"
    return (own, f"world_models.tasks.{kind}") if stage.plays else (own,)
