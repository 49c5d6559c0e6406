"""config.yaml as a whole: everything that a scale or a study sets."""

from typing import Any

from pydantic import Field

from world_models.section import Section
from world_models.settings.classes import Experiment, Runtime, Study
from world_models.settings.experiment import experiment
from world_models.tasks import PAPER_TASKS


def paper_tasks() -> dict[str, Experiment]:
    """Return the paper's tasks, with the paper's settings."""
    return {name: experiment(name, {}) for name in PAPER_TASKS}


class Settings(Section):
    """Everything that a scale or a study sets. The defaults are the paper's."""

    seed: int = Field(1, ge=0)
    """The run's seed: all random numbers derive from it."""
    runtime: Runtime = Runtime()
    tasks: dict[str, Experiment] = Field(default_factory=paper_tasks)
    """The experiments by task; in config.yaml each task is a section beside `seed`."""
    studies: dict[str, Study] = Field(default_factory=dict)
    """The studies by name."""

    def as_config(self) -> dict[str, Any]:
        """Return the settings in the layout of config.yaml, each task's section beside `seed`."""
        own = self.model_dump(exclude={"tasks"})
        return {**own, **{name: task.model_dump() for name, task in self.tasks.items()}}
