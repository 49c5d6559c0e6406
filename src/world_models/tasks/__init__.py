"""What differs between the experiments, one module a task."""

import importlib

from world_models.errors import WorldModelsError
from world_models.tasks.contract import Task

NAMES = ("car_racing", "take_cover")


def get_task(name: str) -> Task:
    """Return the task of that name.

    The module is imported only now, so that a stage depends on its own task's code alone.

    Raises:
        WorldModelsError: there is no such task.
    """
    if name not in NAMES:
        raise WorldModelsError(f"task {name}: unknown; there are {', '.join(NAMES)}")
    task: Task = importlib.import_module(f"world_models.tasks.{name}").TASK
    return task
