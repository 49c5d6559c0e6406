"""M's death predictions in a controller's games, checked against each game played alone."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.evaluation.test_scores import models  # noqa: F401  a fixture
from world_models.controller import checkpoint as controller_model
from world_models.controller.agent import Agent
from world_models.controller.spec import AgentSpec
from world_models.errors import WorldModelsError
from world_models.evaluation import death_prediction
from world_models.memory.model import Initial, Memory
from world_models.memory.model import save as save_memory
from world_models.play.episodes import Assignment
from world_models.seeds import Purpose, derive
from world_models.storage.columns import DEATH_PREDICTION
from world_models.storage.files import digest
from world_models.tasks.contract import End
from world_models.tasks.take_cover.settings import TakeCoverEnvironment
from world_models.world_model.vision_memory import VisionMemory

ENVIRONMENT = TakeCoverEnvironment(max_steps=180, resolution="160x120")
EPISODES = 4
CONTROLLER = np.random.default_rng(0).normal(size=8 + 2 * 16).astype(np.float32)


@pytest.fixture
def paths(models: Path, tmp_path: Path) -> dict[str, Path]:  # noqa: F811
    """Save an untrained V, an M whose death logits take both signs, and a C."""
    torch.manual_seed(1)
    memory = Memory(8, 1, 16, 5, True, False, True)
    with torch.no_grad():
        memory.output.weight[-1] *= 20
    initial = Initial(torch.randn(4, 8), torch.zeros(4, 8))
    found = {"vision": models / "vision.safetensors"}
    found |= {name: tmp_path / f"{name}.safetensors" for name in ("memory", "controller")}
    save_memory(found["memory"], "take_cover", memory, initial, vision=digest(found["vision"]))
    controller_model.save(
        found["controller"], "take_cover", CONTROLLER,
        variant="z_h", temperature=1.15, models={"memory": digest(found["memory"])},
        settings={"sees_cell": True, "bias": False},
    )  # fmt: skip
    return found


def alone(paths: dict[str, Path], seed: int) -> tuple[list[float], list[bool]]:
    """Play one game in one slot; return each step's death logit, and whether the player died."""
    spec = AgentSpec(
        "take_cover", ENVIRONMENT, "z_h", paths["vision"], paths["memory"], slots=1,
        sees_cell=True, bias=False, reference=True, fast=False,
    )  # fmt: skip
    agent, game = spec.build()
    assert isinstance(agent, Agent) and isinstance(agent.world_model, VisionMemory)
    assert agent.world_model.memory is not None
    head = agent.world_model.memory.output
    agent.candidates = CONTROLLER[None]
    agent.start([0], [Assignment(0, seed)])
    game.start([0], [seed])
    logits, deaths, end = [], [], End.NONE
    while end == End.NONE:
        _, ends = game.step([0], agent.act(game.observations, [0]))
        end = End(ends[0])
        logits.append(float(agent.state.h[0] @ head.weight[-1] + head.bias[-1]))
        deaths.append(end == End.TERMINATED)
    game.close()
    return logits, deaths


def test_each_game_alone(paths: dict[str, Path], tmp_path: Path) -> None:
    """Four games in three slots give the metrics of the same games played alone."""
    output = tmp_path / "death_prediction.csv"
    death_prediction.main([
        "--task", "take_cover", "--seed", "3", "--environment", ENVIRONMENT.model_dump_json(),
        "--settings", json.dumps({"episodes": EPISODES, "slots": 3}), "--output", str(output),
        *(part for name, path in paths.items() for part in (f"--{name}", str(path))),
    ])  # fmt: skip
    with output.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert tuple(row) == DEATH_PREDICTION
    seeds = [derive(3, Purpose.FIGURES, "take_cover", "foresight", n) for n in range(EPISODES)]
    games = [alone(paths, seed) for seed in seeds]
    steps = [step for logits, deaths in games for step in zip(logits, deaths, strict=True)]
    fatal = [logit for logit, death in steps if death]
    others = [logit for logit, death in steps if not death]
    positives = sum(logit > 0 for logit, _ in steps)
    hits = sum(logit > 0 for logit in fatal)
    assert fatal and 0 < positives < len(steps)  # otherwise the test shows nothing
    assert [int(row[name]) for name in DEATH_PREDICTION[:4]] == [
        EPISODES, len(steps), positives, len(fatal),
    ]  # fmt: skip
    assert float(row["death_precision"]) == pytest.approx(hits / positives)
    assert float(row["death_recall"]) == pytest.approx(hits / len(fatal))
    pairs = [death > other for death in fatal for other in others]
    assert float(row["death_auc"]) == pytest.approx(np.mean(pairs), abs=0.01)


def test_an_m_without_deaths(paths: dict[str, Path], tmp_path: Path) -> None:
    """An M that predicts no deaths is refused."""
    memory = Memory(8, 1, 16, 5, False, True, True)
    initial = Initial(torch.randn(4, 8), torch.zeros(4, 8))
    save_memory(paths["memory"], "take_cover", memory, initial, vision=digest(paths["vision"]))
    controller_model.save(
        paths["controller"], "take_cover", CONTROLLER,
        variant="z_h", temperature=1.15, models={"memory": digest(paths["memory"])},
        settings={"sees_cell": True, "bias": False},
    )  # fmt: skip
    with pytest.raises(WorldModelsError, match=r"safetensors: this M does not predict deaths"):
        death_prediction.main([
            "--task", "take_cover", "--environment", "{}", "--settings", "{}",
            "--output", str(tmp_path / "none"),
            *(part for name, path in paths.items() for part in (f"--{name}", str(path))),
        ])  # fmt: skip
