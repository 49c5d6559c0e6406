"""One result: its own dependencies, and the results it is made from."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from world_models.provenance.imports import SOURCE, closure, code_digest
from world_models.provenance.pins import pins_of
from world_models.provenance.stages import STAGES

PROJECT = SOURCE.parent  # where requirements.lock is


@dataclass(frozen=True, eq=False)
class Artifact:
    """One result.

    Attributes:
        stage: a key of `STAGES`.
        root: the folder of the scale or study that it lies in.
        task: its task. kind: the task's kind.
        name: the shard's or controller's name, unique within its stage; or "".
        settings: the seed and the sections that it depends on directly, as lines.
        which: what distinguishes it from others with the same settings, e.g. its episodes; or "".
        made_from: the results that it is made from.
    """

    stage: str
    root: str
    task: str
    kind: str
    name: str
    settings: tuple[str, ...]
    which: str
    made_from: tuple["Artifact", ...]

    @property
    def path(self) -> str:
        """The path of the main file."""
        return f"{self.root}/{self.task}/{STAGES[self.stage].path.format(name=self.name)}"

    @property
    def outputs(self) -> list[str]:
        """The paths of all files and stores that the stage makes, the main file first."""
        folder = self.path.rpartition("/")[0]
        beside = (each.format(name=self.name) for each in STAGES[self.stage].beside)
        return [self.path, *(f"{folder}/{each}" for each in beside)]

    @cached_property
    def digest(self) -> str:
        """A digest of all settings that led to this result; code is not included."""
        behind = (each.digest for each in self.made_from)
        content = [self.stage, self.task, *self.settings, self.which, *behind]
        return hashlib.sha256("\n".join(content).encode()).hexdigest()

    def ancestors(self) -> Iterator["Artifact"]:
        """Yield this result and all its ancestors, each once."""
        seen: set[str] = set()
        waiting = [self]
        while waiting:
            each = waiting.pop()
            if each.path not in seen:
                seen.add(each.path)
                yield each
                waiting += each.made_from

    def provenance(self) -> list[str]:
        """Return everything that this result depends on, as lines that Snakemake compares."""
        return [*([self.which] if self.which else []), *lines_behind([self], self.root)]

    @cached_property
    def settings_behind(self) -> frozenset[tuple[str, str]]:
        """The settings of this result and its ancestors, each with the root that sets it.

        A controller's rollouts also depend on what no section says: who plays which episodes.
        """
        own = {(self.root, each) for each in self.settings}
        if self.stage == "controller_rollouts":
            own.add((self.root, self.which))
        return frozenset(own).union(*(each.settings_behind for each in self.made_from))

    @cached_property
    def stages_behind(self) -> frozenset[tuple[str, ...]]:
        """The stages of this result and its ancestors, each as the modules that it runs."""
        own = {modules_of(self.stage, self.kind)}
        return frozenset(own).union(*(each.stages_behind for each in self.made_from))


def modules_of(stage: str, kind: str) -> tuple[str, ...]:
    """Return the modules whose code a stage runs for a kind of task."""
    own = f"world_models.{STAGES[stage].module}"
    return (own, f"world_models.tasks.{kind}") if STAGES[stage].plays else (own,)


def lines_behind(results: Sequence[Artifact], root: str) -> list[str]:
    """Return the settings, the code and the packages behind some results, as lines.

    The first line is a digest that tells whether any setting changed; the others say which one.

    Args:
        results: at least one.
        root: the root that they are for; settings of other roots are prefixed with their root.
    """
    whole = hashlib.sha256("\n".join(each.digest for each in results).encode())
    settings = {pair for each in results for pair in each.settings_behind}
    stages = {pair for each in results for pair in each.stages_behind}
    return [
        f"settings {whole.hexdigest()[:16]}",
        *sorted(line if place == root else f"{place}: {line}" for place, line in settings),
        *code_lines(stages),
    ]


def code_lines(stages: Iterable[tuple[str, ...]]) -> list[str]:
    """Return lines for the code and the pins of some stages, each given by its modules."""
    codes, pins = zip(*(_code(modules) for modules in stages), strict=True)
    return [*sorted(set(codes)), *sorted(set().union(*pins))]


@cache  # called thousands of times for a plan of many shards
def _code(modules: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    """Return the line of a stage's code, and those of the packages that it imports."""
    stage = modules[0].partition(".")[2]
    line = f"code {stage} {code_digest(*modules)[:16]}"
    return line, frozenset(f"pin {pin}" for pin in pins_of(closure(*modules), PROJECT))
