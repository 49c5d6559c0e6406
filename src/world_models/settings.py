"""All settings of a scale, and the JSON schema of config.yaml.

config.yaml gives the paper's settings in full and, under `scales`, what other scales change.
`python -m world_models.settings --schema` prints the schema; `… SCALE` prints a scale's settings.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from world_models.collection.settings import RolloutSettings
from world_models.controller.settings import CarRacingControllers, TakeCoverControllers
from world_models.errors import WorldModelsError
from world_models.evaluation.settings import EvaluationSettings
from world_models.memory.settings import MemorySettings
from world_models.section import Section
from world_models.stage.command import describe, run
from world_models.tasks.settings import CarRacingEnvironment, TakeCoverEnvironment
from world_models.vision.settings import VisionSettings


class Workers(Section):
    """Processes of a stage, capped by the cores there are, and what is borne of them.

    No result depends on these settings, and changing them reruns nothing.
    """

    controller: int = Field(16, ge=1)
    """Processes that play one controller's fitness episodes."""
    evaluation: int = Field(4, ge=1)
    """Processes that play one controller's evaluation episodes."""
    hung_after_seconds: float = Field(300.0, gt=0)
    """A worker that makes no step for so long is replaced, and its work done again."""
    attempts: int = Field(3, ge=1)
    """Failures of the same work, by whatever cause, after which the stage stops and says it."""


class CarRacing(Section):
    """The CarRacing experiment: C is evolved in the real environment."""

    environment: CarRacingEnvironment = CarRacingEnvironment()
    rollouts: RolloutSettings = RolloutSettings()
    vision: VisionSettings = VisionSettings()
    memory: MemorySettings = MemorySettings()
    controller: CarRacingControllers = CarRacingControllers()
    evaluation: EvaluationSettings = EvaluationSettings()


class TakeCover(Section):
    """The Take Cover experiment: C is evolved in the dream."""

    environment: TakeCoverEnvironment = TakeCoverEnvironment()
    rollouts: RolloutSettings = RolloutSettings(min_length=100, behaviour="held")
    vision: VisionSettings = VisionSettings(latent_size=64)
    memory: MemorySettings = MemorySettings(
        hidden_size=512,
        predicts_death=True,
        predicts_reward=False,
        sees_restart=True,
        sequence_length=500,
    )
    controller: TakeCoverControllers = TakeCoverControllers()
    evaluation: EvaluationSettings = EvaluationSettings()


class Settings(Section):
    """Everything that a scale sets. The defaults are the paper's."""

    seed: int = Field(1, ge=0)
    """The run's seed: all random numbers derive from it."""
    workers: Workers = Workers()
    car_racing: CarRacing = CarRacing()
    take_cover: TakeCover = TakeCover()


def resolve(config: Mapping[str, Any], scale: str) -> Settings:
    """Return the settings of a scale: the paper's, overlaid with what the scale changes.

    Args:
        config: the content of config.yaml.
        scale: "paper", or a key of `scales`.

    Raises:
        WorldModelsError: an unknown scale or key, a wrong type, a value out of range; named.
    """
    paper = {key: value for key, value in config.items() if key != "scales"}
    scales = {"paper": {}, **(config.get("scales") or {})}
    if scale not in scales:
        raise WorldModelsError(f"scale {scale}: unknown; config.yaml has {', '.join(scales)}")
    _check(paper, "config.yaml")
    return _check(overlay(paper, scales[scale] or {}), f"config.yaml: scales.{scale}")


def read_config(path: Path) -> dict[str, Any]:
    """Read config.yaml.

    Raises:
        WorldModelsError: missing, empty, not YAML or not a mapping.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        cause = " ".join(str(error).split())
        raise WorldModelsError(f"{path}: not readable ({cause}); fetch or mend it") from error
    if not isinstance(content, dict):
        raise WorldModelsError(f"{path}: has no settings in it; fetch or mend it")
    return content


def overlay(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `changes` laid over it, mapping by mapping; other values are replaced."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = overlay(old, value) if both else value  # type: ignore[arg-type]
    return merged


def _check(content: Mapping[str, Any], where: str) -> Settings:
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise WorldModelsError(f"{where}: {describe(error, '')}") from error


def schema() -> dict[str, Any]:
    """Return the JSON schema of config.yaml: the paper's settings and partial overlays."""
    parser = Settings.model_json_schema()
    parser["title"] = "config.yaml"
    parser["properties"]["scales"] = {
        "description": "What each scale changes of the settings above; checked after the overlay.",
        "type": "object",
        "additionalProperties": {"type": ["object", "null"]},
    }
    return parser


def main(argv: list[str] | None = None) -> None:
    """Print the schema, or a scale's settings as JSON."""
    parser = argparse.ArgumentParser(description="print the schema or a scale's settings")
    parser.add_argument("scale", nargs="?", default="paper")
    parser.add_argument("--schema", action="store_true")
    parser.add_argument("--config", type=Path, default=Path("config.yaml"))
    args = parser.parse_args(argv)
    if args.schema:
        print(json.dumps(schema(), indent=1, sort_keys=True))
    else:
        print(resolve(read_config(args.config), args.scale).model_dump_json(indent=1))


if __name__ == "__main__":
    run(main)
