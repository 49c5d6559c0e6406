"""CarRacing in other colours: each episode has its own road, grass and field colours."""

from world_models.tasks.car_racing import make_task
from world_models.tasks.contract import Task


def changed(task: Task) -> Task:
    """Return the task with `domain_randomize` inverted."""
    settings = task.environment
    other = {"domain_randomize": not settings.domain_randomize}  # type: ignore[attr-defined]
    return make_task(task.name, settings.model_copy(update=other))
