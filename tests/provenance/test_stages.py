"""The table of stages names only what exists and covers all settings."""

from typing import Any

import pytest
import yaml

from tests.finished import ROOT
from world_models.provenance.imports import is_execution, path_of
from world_models.provenance.stages import (
    ASIDE,
    EXECUTION,
    METHOD_EVALUATIONS,
    METHOD_FUTURES,
    METHODS,
    RSSM,
    STAGES,
    TABLES,
)
from world_models.settings import OWN, Experiment, Settings
from world_models.successors.rssm.presets import PRESETS
from world_models.successors.settings import Successors

CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
# Sections of config.yaml that change no result: how stages run and which results are made.
CHANGE_NOTHING = {"runtime", "scales", "studies"}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage(stage: str) -> None:
    """A stage's module is a command, and its sections are settings of a task."""
    module = path_of(f"world_models.{STAGES[stage].module}")
    assert module is not None and "def main(" in module.read_text(encoding="utf-8")
    assert set(STAGES[stage].sections) <= set(Experiment.model_fields)


def test_every_section_of_a_task_counts_or_is_set_aside() -> None:
    """Each section belongs to a stage or is listed as changing no result."""
    counted = {section for stage in STAGES.values() for section in stage.sections}
    assert counted.isdisjoint(ASIDE)
    assert counted | set(ASIDE) == set(Experiment.model_fields)


def test_every_section_of_the_configuration_is_known() -> None:
    """Above the tasks are only the seed, which affects all results, and sections without effect."""
    assert {"seed"} | CHANGE_NOTHING == OWN | {"scales"}
    tasks = set(CONFIG) - {"seed"} - CHANGE_NOTHING
    assert tasks == {"car_racing", "take_cover"}
    assert set(Settings.model_fields) == OWN | {"tasks"}
    for task in tasks:
        assert set(CONFIG[task]) <= set(Experiment.model_fields)


def test_paths_differ() -> None:
    """No two stages make the same file, except for shards that either of two stages may record.

    All kinds of successors share their paths, which contain the name of the method.
    """
    assert sorted(METHODS) == sorted(sum(METHOD_EVALUATIONS.values(), ()))
    others = [*list(METHOD_EVALUATIONS)[1:], *list(METHOD_FUTURES)[1:]]
    paths = [
        f"{each.path.rpartition('/')[0]}/{file}"
        for stage, each in STAGES.items()
        for file in (each.path.rpartition("/")[2], *each.beside)
        if stage not in ("controller_rollouts", *others)
    ]
    assert len(set(paths)) == len(paths) > 20


def test_stages_that_play_are_given_their_environment() -> None:
    """Exactly the stages that play depend on the environment."""
    for stage in STAGES.values():
        assert stage.plays == ("environment" in stage.sections)


def test_execution_exists_and_makes_no_result() -> None:
    """Each listed module exists (a misspelt name would exclude nothing), and none is a stage."""
    for name in EXECUTION:
        assert path_of(name) is not None, name
    for stage in (*(each.module for each in STAGES.values()), TABLES):
        assert not is_execution(f"world_models.{stage}")


def test_every_method_is_a_stage() -> None:
    """Stages and settings list the same methods; the table of stages can't import results' code."""
    assert tuple(PRESETS) == RSSM
    assert list(METHODS) == list(Successors().methods)
