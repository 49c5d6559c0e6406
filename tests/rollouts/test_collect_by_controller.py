"""Rollouts played by a controller, with seeds of their own."""

from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.test_scores import ENVIRONMENT, models  # noqa: F401  a fixture
from world_models.collection import controller as stage
from world_models.controller.spec import load_agent
from world_models.errors import WorldModelsError
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import Recorder, Rows
from world_models.rollouts.store import Shard
from world_models.seeds import Purpose, derive
from world_models.storage.files import digest
from world_models.tasks import get_task
from world_models.tasks.take_cover.settings import TakeCoverEnvironment


def collect(models: Path, manifest: Path, noise: str, first: int, count: int) -> Shard:  # noqa: F811
    """Run the stage; return the shard it recorded."""
    stage.main([
        "--task", "take_cover", "--seed", "4", "--environment", ENVIRONMENT,
        "--settings", "{}", "--shard", "round_1", "--origin", "first", "--noise", noise,
        "--first", str(first), "--episodes", str(count), "--manifest", str(manifest),
        *(o for k in ("controller", "vision", "memory")
          for o in (f"--{k}", str(models / f"{k}.safetensors"))),
    ])  # fmt: skip
    return Shard(manifest, "rollouts", "take_cover")


def test_a_shard(models: Path, tmp_path: Path) -> None:  # noqa: F811
    """Each episode is the one that the controller plays with that seed; the manifest names it."""
    shard = collect(models, tmp_path / "a.json", "0", 5, 3)
    seeds = [
        derive(4, Purpose.COLLECTION, "take_cover", "controller", "first", number)
        for number in (5, 6, 7)
    ]
    assert shard.seeds.tolist() == seeds
    assert shard.about["controller"] == digest(models / "controller.safetensors")
    assert (shard.about["origin"], shard.about["shard"]) == ("first", "round_1")
    parameters, _, spec = load_agent(
        models / "controller.safetensors", get_task("take_cover"),
        TakeCoverEnvironment.model_validate_json(ENVIRONMENT), models / "vision.safetensors",
        models / "memory.safetensors", 3, fast=False,
    )  # fmt: skip
    agent, environments = spec.build()
    agent.candidates = parameters[None]
    alone: list[Rows] = []
    play(agent, environments, [Assignment(0, seed) for seed in seeds], [Recorder(alone.append)])
    environments.close()
    for number, rows in enumerate(alone):
        steps = shard.episode(number)
        assert np.array_equal(shard.actions[steps], rows["actions"])
        assert np.array_equal(shard.rows["frames"][steps], rows["frames"])


def test_exploration(models: Path, tmp_path: Path) -> None:  # noqa: F811
    """Noise changes actions from the first step on; the same command gives the same actions."""
    quiet = collect(models, tmp_path / "quiet.json", "0", 0, 2)
    noisy = [collect(models, tmp_path / f"{name}.json", "0.5", 0, 2) for name in "ab"]
    assert np.array_equal(noisy[0].actions, noisy[1].actions)
    assert noisy[0].about["sha256"] == noisy[1].about["sha256"] != quiet.about["sha256"]
    for number in range(2):
        first = [each.actions[each.starts[number], 0] for each in (quiet, noisy[0])]
        raw = np.arctanh(first)
        assert 0 < abs(raw[1] - raw[0]) < 2.5  # five standard deviations


def test_mistakes_are_named(models: Path, tmp_path: Path) -> None:  # noqa: F811
    """A negative noise is refused."""
    with pytest.raises(WorldModelsError, match=r"--noise -1\.0: must be at least 0"):
        collect(models, tmp_path / "a.json", "-1", 0, 1)
    assert not list(tmp_path.iterdir())
