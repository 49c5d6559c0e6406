"""All settings of a scale or a study, from config.yaml.

config.yaml gives the paper's settings in full and, under `scales`, what other scales change; under
`studies`, what each study changes of its scale. A section that is none of `Settings`' own is a
task's: the paper's two, and anybody's own environment.
`python -m world_models.settings --schema` prints the JSON schema; `… SCALE [STUDY]` prints the
resolved settings.
"""

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SerializeAsAny, ValidationError

from world_models.collection.settings import RolloutSettings, ShardSettings
from world_models.controller.settings import Controllers, ControllerSettings
from world_models.errors import WorldModelsError
from world_models.evaluation.settings import (
    DeathPredictionSettings,
    DreamEvaluationSettings,
    EvaluationSettings,
    OpenLoopSettings,
    TransferSettings,
)
from world_models.memory.settings import MemorySettings
from world_models.section import Section, describe, parse
from world_models.stage.command import run
from world_models.storage.yaml_file import read_config
from world_models.tasks import (
    KINDS,
    PAPER_TASKS,
    environment_settings,
    get_kind,
    kind_of,
)
from world_models.vision.settings import VisionSettings

NAME = re.compile(r"[a-z][a-z0-9_]*")
# Folders and files beside those of scales and tasks.
TAKEN = {
    *(
        "again",
        "bench",
        "gymnasium",
        "benchmarks",
        "films",
        "logs",
        "paper",
        "paper_tables",
        "progress",
    ),
    *("report", "results", "studies", "studies_tables", "successors_tables", "tables"),
}
SHARDS_MOST = 9_999  # a shard's name has four digits


class Runtime(Section):
    """How stages run. No result depends on it, and changing it reruns nothing."""

    controller_workers: int = Field(16, ge=1)
    """Processes that play one controller's fitness episodes, capped by the cores there are."""
    evaluation_workers: int = Field(4, ge=1)
    """Processes that play one controller's evaluation episodes, capped by the cores there are."""
    hung_after_seconds: float = Field(300.0, gt=0)
    """A worker that makes no step for this long is replaced, and its work done again."""
    attempts: int = Field(3, ge=1)
    """Failures of the same work, of whatever cause, after which the stage stops and says why."""
    save_every_seconds: float = Field(60.0, gt=0)
    """Time between two snapshots of a training: the most that an interruption loses."""


class Experiment(Section):
    """What is done with one task."""

    environment: SerializeAsAny[Section]
    """What is played; the keys are those of its `kind`."""
    rollouts: RolloutSettings = RolloutSettings()
    shards: ShardSettings = ShardSettings()
    vision: VisionSettings = VisionSettings()
    memory: MemorySettings = MemorySettings()
    controller: ControllerSettings = ControllerSettings()
    controllers: Controllers = Controllers()
    evaluation: EvaluationSettings = EvaluationSettings()
    dream_evaluation: DreamEvaluationSettings = DreamEvaluationSettings()
    transfer: TransferSettings = TransferSettings()
    death_prediction: DeathPredictionSettings = DeathPredictionSettings()
    open_loop: OpenLoopSettings = OpenLoopSettings()

    @property
    def kind(self) -> str:
        """The kind of environment."""
        return str(self.environment.kind)  # type: ignore[attr-defined]


class ControllerRollouts(Section):
    """Rollouts played by a controller."""

    controller: str
    """The controller's name, e.g. z_h or tau_1.15."""
    episodes: int = Field(ge=1)
    """Episodes that it plays."""
    noise: float = Field(0.0, ge=0)
    """Standard deviation of the normal noise that is added to C's raw outputs, to explore."""


class After(Section):
    """A round of iterative training: rollouts by another study's controllers are added."""

    study: str | None = None
    """The study whose rollouts and controllers are taken; null: the scale itself."""
    rollouts: dict[str, ControllerRollouts] = Field(min_length=1)
    """What is added to each task's rollouts."""


class Study(Section):
    """Settings that differ from the scale's. What they do not change is shared, not made anew."""

    title: str
    """What is asked, in a line."""
    after: After | None = None
    """For a further round of iterative training."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """What the study changes: an overlay of the scale's settings, by task and section."""

    @property
    def tasks(self) -> list[str]:
        """The tasks that it names."""
        named = {*self.settings, *(self.after.rollouts if self.after else ())}
        return sorted(named - {"seed", "runtime"})


class Settings(Section):
    """Everything that a scale or a study sets. The defaults are the paper's."""

    seed: int = Field(1, ge=0)
    """The run's seed: all random numbers derive from it."""
    runtime: Runtime = Runtime()
    tasks: dict[str, Experiment] = Field(default_factory=lambda: paper_tasks())
    """The experiments by task; in config.yaml each task's section stands beside `seed`."""
    studies: dict[str, Study] = Field(default_factory=dict)
    """The studies by name."""

    def as_config(self) -> dict[str, Any]:
        """Return the settings in the layout of config.yaml, each task's section beside `seed`."""
        own = self.model_dump(exclude={"tasks"})
        return {**own, **{name: task.model_dump() for name, task in self.tasks.items()}}


OWN = {"seed", "runtime", "studies"}  # sections that are no task's


def resolve(config: Mapping[str, Any], scale: str, study: str | None = None) -> Settings:
    """Return the settings of a scale: the paper's, overlaid with what the scale changes.

    Args:
        config: the content of config.yaml.
        scale: "paper", or a key of `scales`.
        study: one of the scale's studies, whose changes are laid over the scale's settings.

    Raises:
        WorldModelsError: an unknown scale, study or key, a wrong type, a value out of range.
    """
    paper = {key: value for key, value in config.items() if key != "scales"}
    scales = {"paper": {}, **scales_of(config)}
    if both := sorted(scales.keys() & paper.keys()):
        raise WorldModelsError(f"config.yaml: {both[0]} is a scale and a section; rename one")
    if scale not in scales:
        raise WorldModelsError(f"scale {scale}: unknown; config.yaml has {', '.join(scales)}")
    if scale != "paper":
        _check(paper, "config.yaml")
    content = overlay(paper, scales[scale])
    where = "config.yaml" if scale == "paper" else f"config.yaml: scales.{scale}"
    settings = _check(content, where)
    if study is None:
        return settings
    if study not in settings.studies:
        known = ", ".join(settings.studies) or "none"
        raise WorldModelsError(f"study {study}: unknown; config.yaml has {known}")
    changes = settings.studies[study].settings
    return _check(overlay(content, changes), f"config.yaml: studies.{study}")


def scales_of(config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the overlays of the scales, their names checked.

    Raises:
        WorldModelsError: `scales` or one of them is no mapping, or a name is not usable as a
            folder's.
    """
    scales = config.get("scales") or {}
    if not isinstance(scales, Mapping):
        raise WorldModelsError("config.yaml: scales: not a mapping; write `NAME:` and its changes")
    for name, changes in scales.items():
        check_name("scales", name)
        if not isinstance(changes, Mapping | None):
            raise WorldModelsError(
                f"config.yaml: scales.{name}: not a mapping (found {changes!r}); write the "
                "settings that the scale changes"
            )
    return {name: changes or {} for name, changes in scales.items()}


def check_name(where: str, name: object) -> None:
    """Refuse a name that could not be a folder's among the results'.

    Raises:
        WorldModelsError: it has other characters, or is taken.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise WorldModelsError(
            f"config.yaml: {where}: {name!r} is no name for a folder; use small letters, digits "
            "and _, a letter first"
        )
    if name in TAKEN:
        raise WorldModelsError(f"config.yaml: {where}: {name} is taken; choose another name")


def overlay(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes` laid over it, mapping by mapping; other values are replaced."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = overlay(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _check(content: Mapping[str, Any], where: str) -> Settings:
    """Return checked settings; `where` begins the message of an error."""
    try:
        tasks = {
            name: experiment(name, section) for name, section in content.items() if name not in OWN
        }
        own = {name: section for name, section in content.items() if name in OWN}
        settings = Settings.model_validate({**own, "tasks": tasks})
        for name, study in settings.studies.items():
            _check_study(name, study, settings)
        return settings
    except ValidationError as error:
        raise WorldModelsError(f"{where}: {describe(error, '')}") from error
    except WorldModelsError as error:
        text = str(error)
        raise WorldModelsError(
            text if text.startswith("config.yaml") else f"{where}: {text}"
        ) from error


def paper_tasks() -> dict[str, Experiment]:
    """Return the paper's tasks, with the paper's settings."""
    return {name: experiment(name, {}) for name in PAPER_TASKS}


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
            f"{name}: unknown setting; it is none of {known}, and a task of your own needs "
            "environment: {kind: gymnasium, id: …} (docs/your-environment.md)"
        )
    check_name("tasks", name)
    checked = environment_settings(name, environment)
    defaults = get_kind(kind_of(name, environment)).defaults
    content = {**overlay(defaults, section), "environment": checked}
    made = parse(Experiment, content, name)
    kind = get_kind(made.kind)
    kind.check(name, checked)
    if made.rollouts.behaviour not in kind.behaviours:
        raise WorldModelsError(
            f"{name}.rollouts.behaviour: no policy {made.rollouts.behaviour} in this task; it has "
            f"{', '.join(kind.behaviours)}"
        )
    if made.shards.training_shards >= SHARDS_MOST:
        raise WorldModelsError(
            f"{name}.shards: {made.shards.training_shards} shards, of which there can be "
            f"{SHARDS_MOST - 1}; raise episodes_per_shard"
        )
    return made


def _check_study(name: str, study: Study, settings: Settings) -> None:
    check_name("studies", name)
    where = f"config.yaml: studies.{name}"
    if unknown := sorted(set(study.tasks) - set(settings.tasks)):
        raise WorldModelsError(f"{where}: {unknown[0]}: no such task; there are "
                               f"{', '.join(settings.tasks)}")  # fmt: skip
    seen, step = [name], study
    while step.after is not None and step.after.study is not None:
        before = step.after.study
        if before not in settings.studies:
            raise WorldModelsError(f"{where}: after.study: no study {before}; correct its name")
        if before in seen:
            raise WorldModelsError(f"{where}: after.study: {' ← '.join([*seen, before])} is a "
                                   "circle; break it")  # fmt: skip
        seen.append(before)
        step = settings.studies[before]


def schema() -> dict[str, Any]:
    """Return the JSON schema of config.yaml: the paper's settings and partial overlays."""
    made = Settings.model_json_schema()
    made["title"] = "config.yaml"
    made["required"] = []
    del made["properties"]["tasks"]
    sections = []
    for kind in KINDS:
        environment = get_kind(kind).environment
        own = environment.model_json_schema()
        made["$defs"] |= {**own.pop("$defs", {}), environment.__name__: own}
        section = json.loads(json.dumps(made["$defs"]["Experiment"]))
        section["properties"]["environment"] = {"$ref": f"#/$defs/{environment.__name__}"}
        section["required"] = ["environment"] if own.get("required") else []
        section["description"] = f"A task of kind {kind}: {(environment.__doc__ or '').strip()}"
        for name, defaults in get_kind(kind).defaults.items():
            whole = section["properties"][name].setdefault("default", {})
            whole.update(defaults)
        sections.append(section)
        if kind in PAPER_TASKS:
            made["properties"][kind] = section
    # Any other section is a task of a kind that it names.
    named = {"environment": {"type": "object", "required": ["kind"]}}
    made["additionalProperties"] = {
        "required": ["environment"],
        "properties": named,
        "anyOf": sections,
    }
    del made["$defs"]["Experiment"], made["$defs"]["Section"]
    made["properties"]["scales"] = {
        "description": "What each scale changes of the settings above; checked after the overlay.",
        "type": "object",
        "additionalProperties": {"type": ["object", "null"]},
    }
    return made


def main(argv: list[str] | None = None) -> None:
    """Print the schema, or the settings of a scale or study as JSON."""
    parser = argparse.ArgumentParser(description="print the schema or a scale's settings")
    parser.add_argument("scale", nargs="?", default="paper")
    parser.add_argument("study", nargs="?")
    parser.add_argument("--schema", action="store_true")
    parser.add_argument("--config", type=Path, default=Path("config.yaml"))
    args = parser.parse_args(argv)
    if args.schema:
        print(json.dumps(schema(), indent=1, sort_keys=True))
    else:
        settings = resolve(read_config(args.config), args.scale, args.study)
        print(json.dumps(settings.as_config(), indent=1))


if __name__ == "__main__":
    run(main)
