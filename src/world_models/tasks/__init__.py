"""The tasks: one entry per kind of environment, each in its own folder."""

import importlib
import json
from collections.abc import Mapping
from typing import Any

from world_models.errors import WorldModelsError
from world_models.section import Section, parse
from world_models.tasks.contract import Kind, Task

PAPER_TASKS = ("car_racing", "take_cover")  # each is named after its kind
KINDS = (*PAPER_TASKS, "gymnasium")


def kind_of(name: str, environment: Mapping[str, Any]) -> str:
    """Return the kind named in a task's section `environment`; it defaults to the task's name.

    Raises:
        WorldModelsError: there is no such kind.
    """
    kind = environment.get("kind", name)
    if kind not in KINDS:
        raise WorldModelsError(
            f"{name}.environment.kind: {'missing' if kind == name else f'{kind} is unknown'}; "
            f"choose from {', '.join(KINDS)}"
        )
    return str(kind)


def get_kind(kind: str) -> Kind:
    """Return an entry of `KINDS`.

    Its module is imported only now, so a stage depends only on the code of what it plays.
    """
    entry: Kind = importlib.import_module(f"world_models.tasks.{kind}").KIND
    return entry


def environment_settings(name: str, content: Mapping[str, Any]) -> Section:
    """Return a task's validated section `environment`.

    Raises:
        WorldModelsError: an unknown kind or key, a wrong type or a value out of range.
    """
    return parse(get_kind(kind_of(name, content)).environment, content, f"{name}.environment")


def get_task(name: str, environment: Section | Mapping[str, Any] | str = "{}") -> Task:
    """Return a task.

    Args:
        name: as in config.yaml.
        environment: its section `environment`: a Section, a mapping or JSON. The default gives the
            paper's task of that name.

    Raises:
        WorldModelsError: the section is invalid.
    """
    if isinstance(environment, str):
        try:
            environment = json.loads(environment)
        except json.JSONDecodeError as error:
            raise WorldModelsError(
                f"{name}.environment: not valid JSON ({error}); pass a JSON object"
            ) from error
    if not isinstance(environment, Section):
        if not isinstance(environment, Mapping):
            raise WorldModelsError(f"{name}.environment: not a JSON object; pass one")
        environment = environment_settings(name, environment)
    kind: str = environment.kind  # type: ignore[attr-defined]
    return get_kind(kind).make_task(name, environment)
