"""Which results the tables are made from, and where they are."""

from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from world_models.errors import WorldModelsError
from world_models.section import Section, describe
from world_models.tasks import get_task
from world_models.tasks.contract import Task

TEMPERATURE = "tau_"  # prefix of the name of a controller that was evolved in a dream
VARIANTS = {"z": "z only", "z_hidden": "z, hidden layer", "z_h": "z and h"}
TAKEN = {"parameters", "diagnostics", "scores", "index", "figures"}  # names of the stage's files


class Source(Section):
    """One task's results: an object of the option `--tasks`."""

    name: str = Field(pattern=r"^\w+$")
    """The task's name, as in config.yaml and in paths."""
    environment: dict[str, Any] = Field(default_factory=dict)
    """Its section `environment`."""
    evolved_in: Literal["reality", "dream"]
    """Where its controllers were evolved."""
    controllers: list[str] = Field(min_length=1)
    """Their names: variants ("z_h") in reality, temperatures ("tau_1.15") in the dream."""
    paths: dict[str, str] = Field(default_factory=dict)
    """Files and folders outside ROOT/NAME: from their path below it to where they really are.
    {"vision": "results/lab/NAME/vision"} is a V that a study shares with its scale."""

    @property
    def task(self) -> Task:
        """The task.

        Raises:
            WorldModelsError: there is no such task.
        """
        return get_task(self.name, self.environment)

    def path(self, root: Path, file: str) -> Path:
        """Return where a file of the task is; `file` is its path below ROOT/NAME."""
        below = PurePosixPath(file)
        for part in (below, *below.parents):
            if str(part) in self.paths:
                return Path(self.paths[str(part)]) / below.relative_to(part)
        return root / self.name / below

    def ordered(self) -> list[tuple[str, str]]:
        """Return the controllers in the tables' order, each with its label.

        Variants come in the paper's order, then others; temperatures in numeric order.

        Raises:
            WorldModelsError: a controller of the dream without a temperature in its name.
        """
        if self.evolved_in == "reality":
            known = list(VARIANTS)
            last = len(known)
            names = sorted(self.controllers, key=lambda v: known.index(v) if v in known else last)
            return [(name, VARIANTS.get(name, name)) for name in names]
        names = sorted(self.controllers, key=self._temperature)
        return [(name, f"τ = {temperature_of(name)}") for name in names]

    def _temperature(self, name: str) -> float:
        try:
            return float(name.removeprefix(TEMPERATURE))
        except ValueError as error:
            raise WorldModelsError(
                f"--tasks: controller {name} of {self.name} has no temperature in its name, but "
                f"was evolved in the dream; give names like {TEMPERATURE}1.15"
            ) from error


def temperature_of(name: str) -> str:
    """Return the temperature in a controller's name, as text with at least two decimals."""
    return name.removeprefix(TEMPERATURE)


def parse(text: str) -> list[Source]:
    """Return the sources that the option `--tasks` lists.

    Args:
        text: a JSON list, or the path of a file with one.

    Raises:
        WorldModelsError: no such file, not JSON, an unknown key, a wrong type, no task, or a
            name that is taken.
    """
    if not text.lstrip().startswith("["):
        try:
            text = Path(text).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise WorldModelsError(
                f"--tasks {text}: not readable ({error}); give a JSON list or a file with one"
            ) from error
    try:
        sources = TypeAdapter(list[Source]).validate_json(text)
    except ValidationError as error:
        raise WorldModelsError(describe(error, "--tasks")) from error
    if not sources:
        raise WorldModelsError("--tasks: no task in the list; name at least one")
    names = Counter(source.name for source in sources)
    for name, count in names.items():
        if count > 1 or name in TAKEN:
            raise WorldModelsError(f"--tasks: the name {name} is taken; rename one task")
    return sources
