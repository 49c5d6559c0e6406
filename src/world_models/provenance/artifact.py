"""One result: what it depends on by itself, and what it is made from."""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property

from world_models.provenance.imports import SOURCE, closure, code_digest
from world_models.provenance.pins import pins_of
from world_models.provenance.stages import STAGES, Stage

PROJECT = SOURCE.parent  # where requirements.lock is


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

    def of(self, stage: str) -> "Artifact | None":
        """Return the nearest result of a stage that this one is directly made from, if any."""
        return next((each for each in self.made_from if each.stage == stage), None)

    @cached_property
    def lineage(self) -> frozenset[tuple[str, str]]:
        """What it depends on as (root, line) pairs: settings and code, back to the first rollout.

        Facts that only tell results of a stage apart, such as which episodes a shard has, are left
        out.
        """
        stage = STAGES[self.stage]
        modules = modules_of(stage, self.kind)
        own = {(self.root, fact) for fact in self.facts[: 1 + len(stage.sections)]}
        own.add(("", f"code {stage.module} {digest_of(modules)}"))
        own |= {("", f"pin {pin}") for pin in pins(modules)}
        return frozenset(own.union(*(each.lineage for each in self.made_from)))

    def provenance(self) -> list[str]:
        """Return all that this result depends on, as sorted lines: what Snakemake compares."""
        lines = {
            line if root in ("", self.root) else f"{root}: {line}" for root, line in self.lineage
        }
        return sorted(lines.union(self.facts))


@cache  # Snakemake asks for every job
def digest_of(modules: tuple[str, ...]) -> str:
    """Return the beginning of the digest of the code that some modules run."""
    return code_digest(*modules)[:16]


@cache
def pins(modules: tuple[str, ...]) -> tuple[str, ...]:
    """Return the pins of the packages that some modules import."""
    return tuple(pins_of(closure(*modules), PROJECT))


def modules_of(stage: Stage, kind: str) -> tuple[str, ...]:
    """Return the modules whose code a stage runs for a kind of task."""
    own = f"world_models.{stage.module}"
    return (own, f"world_models.tasks.{kind}") if stage.plays else (own,)
