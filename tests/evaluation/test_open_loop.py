"""Open-loop policies in the game and in dreams, checked against each episode played alone."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.evaluation.test_scores import ENVIRONMENT
from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.evaluation import open_loop
from world_models.memory.model import Initial, Memory
from world_models.memory.model import save as save_memory
from world_models.seeds import Purpose, derive
from world_models.storage import columns
from world_models.tasks import get_task
from world_models.tasks.contract import End
from world_models.world_model.vision_memory import VisionMemory

TASK = get_task("take_cover")
EPISODES = 3
SETTINGS = json.dumps({"episodes": EPISODES, "dream_episodes": EPISODES, "slots": 2})
PATTERNS: dict[str, Callable[[int], float]] = {
    "still": lambda t: 0,
    "left": lambda t: -1,
    "right": lambda t: 1,
    "swing_20": lambda t: (-1, 1)[(t // 20) % 2],
    "swing_60": lambda t: (-1, 1)[(t // 60) % 2],
}


def in_the_game(pattern: Callable[[int], float], seed: int) -> int:
    """Return the number of steps of one episode."""
    game = get_task("take_cover", ENVIRONMENT).make_environment()
    game.reset(seed)
    end, steps = End.NONE, 0
    while end == End.NONE:
        _, _, end = game.step(np.array([pattern(steps)], dtype=np.float32))
        steps += 1
    game.close()
    return steps


def in_a_dream(dream: Dream, pattern: Callable[[int], float], seed: int) -> int:
    """Return the number of steps of one episode in the dream's slot 0."""
    dream.start([0], [seed])
    steps = 0
    while dream.active[0]:
        dream.step([0], np.array([[pattern(steps)]], dtype=np.float32))
        steps += 1
    return steps


def test_each_alone(tmp_path: Path) -> None:
    """Results match episodes alone. M's deaths depend on actions; M doesn't amplify rounding."""
    torch.manual_seed(0)
    memory = Memory(8, 1, 16, 5, True, False, True)
    with torch.no_grad():
        for parameter in memory.parameters():
            parameter.normal_(std=0.4)
        memory.output.weight[-1] *= 8
        memory.output.bias[-1] = -4
    initial = Initial(torch.randn(4, 8), torch.zeros(4, 8))
    save_memory(tmp_path / "memory.safetensors", "take_cover", memory, initial, vision="")
    output = tmp_path / "open_loop.csv"
    open_loop.main([
        "--task", "take_cover", "--seed", "5", "--environment", ENVIRONMENT,
        "--settings", SETTINGS, "--memory", str(tmp_path / "memory.safetensors"),
        "--temperatures", "0.5", "1.15", "--output", str(output),
    ])  # fmt: skip
    with output.open(newline="") as file:
        game, *dreams = csv.DictReader(file)
    assert list(game) == ["temperature", *PATTERNS] == list(columns.open_loop(TASK.open_loop))
    assert [row["temperature"] for row in (game, *dreams)] == ["", "0.5", "1.15"]

    def seeds(where: str) -> list[int]:
        parts = (Purpose.FIGURES, "take_cover", "blind", where)
        return [derive(5, *parts, number) for number in range(EPISODES)]

    for name, pattern in PATTERNS.items():
        real = [in_the_game(pattern, seed) for seed in seeds("game")]
        assert float(game[name]) == pytest.approx(np.mean(real))
        for row in dreams:
            model = VisionMemory(None, memory, initial, 1)
            dream = Dream(model, float(row["temperature"]), 40)
            dreamt = [in_a_dream(dream, pattern, seed) for seed in seeds("dream")]
            assert float(row[name]) == pytest.approx(np.mean(dreamt))
    for row in dreams:
        assert len({row[name] for name in PATTERNS}) > 2, row  # actions make a difference


def test_car_racing(tmp_path: Path) -> None:
    """With three-number actions and an M without deaths, predicted rewards score the dream."""
    torch.manual_seed(0)
    memory = Memory(8, 3, 16, 5, False, True, False)
    initial = Initial(torch.randn(4, 8), torch.zeros(4, 8))
    save_memory(tmp_path / "memory.safetensors", "car_racing", memory, initial, vision="")
    output = tmp_path / "open_loop.csv"
    open_loop.main([
        "--task", "car_racing", "--environment", '{"max_steps": 30}',
        "--settings", '{"episodes": 2, "dream_episodes": 2, "slots": 2}',
        "--memory", str(tmp_path / "memory.safetensors"), "--temperatures", "1",
        "--output", str(output),
    ])  # fmt: skip
    with output.open(newline="") as file:
        game, dreamt = csv.DictReader(file)
    car = get_task("car_racing")
    assert list(game) == ["temperature", *car.open_loop] == ["temperature", *car.open_loop_labels]
    seed = derive(1, Purpose.FIGURES, "car_racing", "blind", "dream", 0)
    for name, policy in car.open_loop.items():
        dream = Dream(VisionMemory(None, memory, initial, 2), 1.0, 30)
        other = derive(1, Purpose.FIGURES, "car_racing", "blind", "dream", 1)
        dream.start([0, 1], [seed, other])
        total = 0.0
        for step in range(30):
            rewards, _ = dream.step([0, 1], np.array([policy(step)] * 2, dtype=np.float32))
            total += rewards.sum() / 2
        assert not dream.active.any()
        assert float(dreamt[name]) == pytest.approx(total, abs=1e-4)
    assert len({dreamt[name] for name in car.open_loop}) == 4  # swing_60 equals left for 30 steps


def test_another_tasks_m(tmp_path: Path) -> None:
    """An M with another task's actions is refused."""
    memory, initial = (
        Memory(8, 1, 16, 5, True, False, True),
        Initial(torch.zeros(1, 8), torch.zeros(1, 8)),
    )
    save_memory(tmp_path / "memory.safetensors", "car_racing", memory, initial, vision="")
    with pytest.raises(WorldModelsError, match="takes actions of 1 numbers, but car_racing's"):
        open_loop.main([
            "--task", "car_racing", "--environment", "{}", "--settings", "{}",
            "--memory", str(tmp_path / "memory.safetensors"), "--temperatures", "1",
            "--output", str(tmp_path / "none"),
        ])  # fmt: skip
