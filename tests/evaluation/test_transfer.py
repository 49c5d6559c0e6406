"""A population of an evolution, scored in the dream where it evolved and in the real game."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.evaluation.test_scores import ENVIRONMENT, models  # noqa: F401  a fixture
from world_models.controller import evolve as stage
from world_models.controller.checkpoint import load
from world_models.controller.fitness_log import text_of
from world_models.controller.generations import Evolution, evolve, search_seed
from world_models.controller.settings import ControllerSettings
from world_models.controller.spec import AgentSpec
from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.evaluation import transfer
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.seeds import Purpose, derive
from world_models.tasks.take_cover.settings import TakeCoverEnvironment
from world_models.world_model.packed_linear import fast_type
from world_models.world_model.vision_memory import VisionMemory

EVOLUTION = ControllerSettings(
    population=4, episodes=2, generations=5, validation_every=5, validation_episodes=2, slots=4,
    sees_cell=True, bias=False,
)  # fmt: skip
SETTINGS = json.dumps({"controllers": 3, "episodes": 2, "slots": 3})


def test_the_population_is_the_searchs(tmp_path: Path) -> None:
    """The population is evenly spaced generations' first candidates, as the search drew them."""
    populations: list[NDArray[np.float32]] = []

    def fitness(_: int, candidates: NDArray[np.float32]) -> list[float]:
        populations.append(candidates)
        return [-float(np.square(each - 1).sum()) for each in candidates]

    evolution = Evolution(6, EVOLUTION, search_seed(7, "take_cover", "z_h", 1.15))
    evolve(evolution, fitness, lambda controller: 0.0)
    log = tmp_path / "fitness.jsonl"
    log.write_text(text_of(evolution.history))
    about = {
        "settings": EVOLUTION.model_dump(), "run_seed": 7, "task": "take_cover",
        "variant": "z_h", "temperature": 1.15,
    }  # fmt: skip
    found = transfer.population(log, about, 6, 3)
    assert found.generations == [1, 3, 5]
    for generation, parameters in zip(found.generations, found.parameters, strict=True):
        assert np.array_equal(parameters, populations[generation - 1][0])
    assert transfer.population(log, about, 6, 99).generations == [1, 2, 3, 4, 5]
    with pytest.raises(WorldModelsError, match=r"fitness.jsonl: line 1: replaying the search"):
        transfer.population(log, {**about, "run_seed": 8}, 6, 3)
    with pytest.raises(WorldModelsError, match="missing or empty"):
        transfer.population(tmp_path / "none", about, 6, 3)


def test_more_generations(models: Path, tmp_path: Path) -> None:  # noqa: F811
    """A longer evolution continues from a shorter one's progress, and logs its generations."""
    for generations in (2, 3):
        settings = EVOLUTION.model_copy(update={"generations": generations})
        stage.main([
            "--task", "take_cover", "--environment", ENVIRONMENT, "--temperature", "1.15",
            "--memory", str(models / "memory.safetensors"),
            "--settings", settings.model_dump_json(), "--progress", str(tmp_path / "progress"),
            "--output", str(tmp_path / "model.safetensors"), "--log", str(tmp_path / "log"),
            "--curve", str(tmp_path / "curve.csv"), "--fitness", str(tmp_path / "fitness.jsonl"),
        ])  # fmt: skip
    log = (tmp_path / "log").read_text()
    assert "continuing after generation 2" in log
    assert "3/3 generation" in log and "1/3 generation" not in log
    assert len((tmp_path / "fitness.jsonl").read_text().splitlines()) == 3


def test_the_stage(models: Path, tmp_path: Path) -> None:  # noqa: F811
    """After an evolution in the dream, each score is the mean of the candidate's episodes alone."""
    common = [
        "--task", "take_cover", "--seed", "3", "--environment", ENVIRONMENT,
        "--memory", str(models / "memory.safetensors"),
    ]  # fmt: skip
    stage.main([
        *common, "--temperature", "1.15", "--settings", EVOLUTION.model_dump_json(),
        "--output", str(tmp_path / "model.safetensors"), "--curve", str(tmp_path / "curve.csv"),
        "--fitness", str(tmp_path / "fitness.jsonl"),
    ])  # fmt: skip
    outputs = [tmp_path / f"{workers}.csv" for workers in (1, 2)]
    for workers, output in enumerate(outputs, start=1):
        transfer.main([
            *common, "--settings", SETTINGS, "--workers", str(workers), "--output", str(output),
            "--controller", str(tmp_path / "model.safetensors"),
            "--fitness", str(tmp_path / "fitness.jsonl"),
            "--vision", str(models / "vision.safetensors"),
        ])  # fmt: skip
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    with outputs[0].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["generation"] for row in rows] == ["1", "3", "5"]
    parameters, about = load(tmp_path / "model.safetensors", "take_cover")
    chosen = transfer.population(tmp_path / "fitness.jsonl", about, parameters.size, 3)
    dreamt = AgentSpec(
        "take_cover", TakeCoverEnvironment.model_validate_json(ENVIRONMENT), "z_h",
        models / "vision.safetensors", models / "memory.safetensors", slots=1,
        sees_cell=True, bias=False, temperature=1.15,
    )  # fmt: skip
    real = replace(dreamt, temperature=None, reference=True, fast=False)
    seeds = [derive(3, Purpose.FIGURES, "take_cover", "transfer", number) for number in range(2)]
    for place, spec in (("evolved", dreamt), ("real", real)):
        agent, environments = spec.build()
        for row, candidate in zip(rows, chosen.parameters, strict=True):
            agent.candidates = candidate[None]
            alone = [play(agent, environments, [Assignment(0, seed)])[0].score for seed in seeds]
            assert float(row[place]) == np.mean(alone)
        environments.close()
    assert [row["evolved"] for row in rows] != [row["real"] for row in rows]
    for spec, kind in ((dreamt, fast_type()), (replace(dreamt, fast=False), torch.float32)):
        _, dream = spec.build()  # evolution uses bfloat16 where it is fast; scores use float32
        assert isinstance(dream, Dream) and isinstance(dream.world_model, VisionMemory)
        assert dream.world_model.gates.kind == kind
