"""What differs between the experiments, one module a task."""

import importlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from world_models.errors import WorldModelsError
from world_models.tasks.contract import Task

NAMES = ("car_racing", "take_cover")


def get_task(name: str, environment: Mapping[str, Any] | None = None) -> Task:
    """Return the task of that name.

    The module is imported only now, so that a stage depends on its own task's code alone.

    Args:
        name: the task, as in config.yaml and in paths.
        environment: its section `environment`, whose `kind` says which module it comes from;
            without one the name is the kind.

    Raises:
        WorldModelsError: there is no such task.
    """
    kind = str((environment or {}).get("kind", name))
    if kind not in NAMES:
        raise WorldModelsError(f"task {kind}: unknown; there are {', '.join(NAMES)}")
    task: Task = importlib.import_module(f"world_models.tasks.{kind}").TASK
    return task if name == kind else replace(task, name=name)
