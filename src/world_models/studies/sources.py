"""The studies, and where their results are."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from world_models.errors import WorldModelsError
from world_models.paper.sources import Source
from world_models.section import Section, describe
from world_models.tasks import get_task
from world_models.tasks.contract import Task


class StudiedTask(Section):
    """A task of a study."""

    name: str = Field(pattern=r"^\w+$")
    """The task's name."""
    environment: dict[str, Any] = Field(default_factory=dict)
    """Its section `environment`."""
    evolved_in: Literal["reality", "dream"]
    """Where its controllers were evolved."""
    controllers: list[str] = Field(min_length=1)
    """Their names."""
    elsewhere: dict[str, list[str]] = Field(default_factory=dict)
    """Files outside the scale's folder: from another root to their paths below ROOT/NAME."""

    @property
    def task(self) -> Task:
        """The task."""
        return get_task(self.name, self.environment)

    def path(self, scale: Path, file: str) -> Path:
        """Return where a file of the task is; `file` is its path below ROOT/NAME."""
        for root, files in self.elsewhere.items():
            if file in files:
                return Path(root) / self.name / file
        return scale / self.name / file

    @property
    def plain(self) -> Source:
        """The scale's own task as a source of the paper's tables, without `elsewhere`."""
        return Source(
            name=self.name,
            environment=self.environment,
            evolved_in=self.evolved_in,
            controllers=self.controllers,
        )


class StudySource(Section):
    """A study: an object of the option `--studies`. The first one is the scale itself."""

    name: str
    """As in config.yaml; "" for the scale itself."""
    title: str
    """What it asks."""
    group: str
    """Studies of one group are shown together."""
    measures: list[str] = Field(default_factory=list)
    """What it measures besides scores."""
    tasks: list[StudiedTask] = Field(min_length=1)
    """The tasks it shows."""


def parse(text: str) -> list[StudySource]:
    """Return the studies that the option `--studies` lists.

    Raises:
        WorldModelsError: not JSON, an unknown key, a wrong type, or the scale itself is not first.
    """
    try:
        found = TypeAdapter(list[StudySource]).validate_json(text)
    except ValidationError as error:
        raise WorldModelsError(describe(error, "--studies")) from error
    if not found or found[0].name:
        raise WorldModelsError("--studies: the first has to be the scale itself, with the name ''")
    return found
