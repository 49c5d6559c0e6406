"""A task's settings: its kind's defaults, overlaid with its section of config.yaml."""

from collections.abc import Mapping
from typing import Any

from world_models.errors import WorldModelsError
from world_models.section import parse
from world_models.settings.classes import OWN, Experiment
from world_models.settings.names import check_name
from world_models.tasks import PAPER_TASKS, environment_settings, get_kind, kind_of

SHARDS_MOST = 9_999  # a shard's name has four digits


def overlay(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes` merged into it: mappings are merged, other values replaced."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = overlay(old, value) if both else value  # type: ignore[arg-type]
    return merged


def experiment(name: str, section: Any) -> Experiment:
    """Return a task's settings: its kind's defaults, overlaid with its section of config.yaml.

    Raises:
        WorldModelsError: an unknown kind or key, a wrong type or a value out of range.
    """
    environment = section.get("environment") or {} if isinstance(section, Mapping) else None
    if not isinstance(environment, Mapping) and name in PAPER_TASKS:
        raise WorldModelsError(f"{name}.environment: not a mapping (found {section!r})")
    if not isinstance(environment, Mapping) or (
        "kind" not in environment and name not in PAPER_TASKS
    ):
        known = ", ".join(sorted(OWN | {"scales"}))
        raise WorldModelsError(
            f"{name}: unknown setting; known are {known}; a task of your own needs "
            "environment: {kind: gymnasium, id: …} (docs/your-environment.md)"
        )
    check_name("tasks", name)
    checked = environment_settings(name, environment)
    defaults = get_kind(kind_of(name, environment)).defaults
    content = {**overlay(defaults, section), "environment": checked}
    settings = parse(Experiment, content, name)
    kind = get_kind(settings.kind)
    kind.check(name, checked)
    if settings.rollouts.behaviour not in kind.behaviours:
        raise WorldModelsError(
            f"{name}.rollouts.behaviour: no policy {settings.rollouts.behaviour} in this task; it "
            f"has {', '.join(kind.behaviours)}"
        )
    if settings.shards.training_shards >= SHARDS_MOST:
        raise WorldModelsError(
            f"{name}.shards: {settings.shards.training_shards} shards; at most {SHARDS_MOST - 1} "
            "are allowed; raise episodes_per_shard"
        )
    return settings
