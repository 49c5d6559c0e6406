"""Settings: defaults from the paper, strict, and consistent with config.yaml and the schema."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from world_models.errors import WorldModelsError
from world_models.provenance.stages import METHODS
from world_models.section import Section
from world_models.settings import Experiment, Settings, overlay, resolve
from world_models.settings.page import page
from world_models.settings.schema import schema

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def config() -> dict[str, Any]:
    """Read the repository's config.yaml."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text())
    return content


def test_config_is_the_paper_in_full(config: dict[str, Any]) -> None:
    """Above `scales`, config.yaml has exactly the defaults.

    Excepted are the successors' presets, which are their authors' and not the paper's, and the
    controllers that the tables show beside the successors.
    """
    stated = {key: value for key, value in config.items() if key != "scales"}
    expected = Settings().as_config()
    for name in ("car_racing", "take_cover"):
        assert stated[name]["successors"].pop("beside")
        del expected[name]["successors"]["beside"]
        for method in METHODS:
            del expected[name][method]
            stated[name].pop(method, None)
    assert {**stated, "studies": {}} == expected


def test_the_papers_settings(config: dict[str, Any]) -> None:
    """The numbers are those of the paper and its published code (DESIGN: what the paper did)."""
    paper = resolve(config, "paper")
    car, doom = paper.tasks["car_racing"], paper.tasks["take_cover"]
    for task in (car, doom):
        assert task.shards.episodes == 10_000
        assert (task.vision.learning_rate, task.vision.batch_size) == (1e-4, 100)
        assert (task.vision.epochs, task.vision.kl_tolerance) == (1, 0.5)
        assert (task.memory.mixtures, task.memory.epochs) == (5, 20)
        assert (task.memory.learning_rate, task.memory.gradient_clip) == (1e-3, 1.0)
        search = task.controller
        assert (search.population, search.episodes, search.sigma) == (64, 16, 0.1)
        assert search.generations == 1800
        assert task.evaluation.episodes == 100
    assert (car.vision.latent_size, car.memory.hidden_size) == (32, 256)
    assert (doom.vision.latent_size, doom.memory.hidden_size) == (64, 512)
    assert (doom.environment.skill, doom.environment.max_steps) == (4, 2100)
    assert car.environment.max_steps == 1000
    assert (doom.rollouts.min_length, doom.rollouts.behaviour) == (100, "held")
    assert doom.memory.death_weight == 10
    assert doom.controllers.temperatures == [0.10, 0.50, 1.00, 1.15, 1.30]


@pytest.mark.parametrize("scale", ["lab", "smoke"])
def test_a_scale_lists_only_differences(config: dict[str, Any], scale: str) -> None:
    """A scale only sets values that differ from the paper's, and may have studies of its own."""
    paper = resolve(config, "paper").as_config()

    def same(changes: dict[str, Any], base: dict[str, Any], path: str) -> list[str]:
        found = []
        for key, value in changes.items():
            if key not in base and path.startswith(f"{scale}.studies"):
                continue  # changed by this scale's study alone
            if isinstance(value, dict):
                found += same(value, base[key], f"{path}.{key}")
            elif base[key] == value:
                found.append(f"{path}.{key}")
        return found

    assert same(config["scales"][scale], paper, scale) == []


@pytest.mark.parametrize("scale", ["paper", "lab", "smoke"])
def test_evaluation_and_tasks(config: dict[str, Any], scale: str) -> None:
    """Each scale has both tasks, all variants and temperatures; all but smoke play 100 episodes."""
    settings = resolve(config, scale)
    assert settings.tasks["car_racing"].controllers.variants == ["z", "z_hidden", "z_h"]
    assert len(settings.tasks["take_cover"].controllers.temperatures) == 5
    if scale != "smoke":
        assert settings.tasks["car_racing"].evaluation.episodes == 100
        assert settings.tasks["take_cover"].evaluation.episodes == 100


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"car_racing": {"vision": {"latents": 3}}}, "car_racing.vision.latents: unknown setting"),
        ({"car_racing": {"vision": {"epochs": "1"}}}, "car_racing.vision.epochs"),
        ({"car_racing": {"vision": {"epochs": 1.5}}}, "car_racing.vision.epochs"),
        ({"car_racing": {"vision": {"learning_rate": 0.0}}}, "car_racing.vision.learning_rate"),
        ({"take_cover": {"controllers": {"temperatures": [0.0]}}}, "temperatures.0"),
        ({"take_cover": {"controllers": {"temperatures": [-1.0]}}}, "temperatures.0"),
        ({"take_cover": {"controllers": {"temperatures": [1.0, 1.0]}}}, "lists a value twice"),
        ({"take_cover": {"environment": {"resolution": "64x64"}}}, "environment.resolution"),
        ({"car_racing": {"controllers": {"variants": ["c"]}}}, "variants.0"),
        ({"pong": {}}, "pong: unknown setting"),
        ({"seed": None}, "seed"),
    ],
)
def test_wrong_settings_are_named(
    config: dict[str, Any], changes: dict[str, Any], named: str
) -> None:
    """Unknown keys, wrong types and bad values give one line with the key, in any scale."""
    for wrong, where in (
        (overlay(config, changes), "config.yaml"),
        (overlay(config, {"scales": {"lab": changes}}), "scales.lab"),
    ):
        with pytest.raises(WorldModelsError) as error:
            resolve(wrong, "lab")
        message = str(error.value)
        assert named in message
        assert where in message
        assert "\n" not in message


def test_unknown_scale(config: dict[str, Any]) -> None:
    """The error names an unknown scale, and the scales of config.yaml."""
    with pytest.raises(WorldModelsError, match=r"scale huge: unknown.*lab, smoke"):
        resolve(config, "huge")


def test_schema_is_fresh() -> None:
    """config.schema.json is generated; `make schema` updates it."""
    stored = json.loads((ROOT / "config.schema.json").read_text())
    assert stored == schema(), "run `make schema`"


def test_page_of_settings_is_fresh() -> None:
    """docs/settings.md is generated; `make schema` updates it."""
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == page(), "run `make schema`"


def test_page_has_every_key() -> None:
    """The page has a row for each key of each class, with its meaning."""
    rows = [line.split(" | ") for line in page().splitlines() if line.startswith("| `")]
    named = {row[0].strip("| `") for row in rows}
    sections = [each.annotation for each in Experiment.model_fields.values()]
    for section in sections:
        assert section is not None and issubclass(section, Section)
        assert set(section.model_fields) <= named, section
    assert all(len(row) == 4 and len(row[3]) > 10 for row in rows)


def test_schema_accepts_config_and_refuses_unknown_keys(config: dict[str, Any]) -> None:
    """The schema, which editors use, accepts config.yaml and refuses unknown keys."""
    jsonschema.validate(config, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**config, "pong": {}}, schema())


def test_every_setting_is_described() -> None:
    """Every setting in the schema has a description."""

    def undescribed(node: dict[str, Any], path: str) -> list[str]:
        found = []
        for name, field in node.get("properties", {}).items():
            if "description" not in field and "$ref" not in field:
                found.append(f"{path}.{name}")
        return found

    whole = schema()
    parts = {"config": whole, **whole["$defs"]}
    assert [name for key, part in parts.items() for name in undescribed(part, key)] == []
