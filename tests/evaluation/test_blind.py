"""Policies without senses, in the game and in dreams, against each episode played alone."""

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
from world_models.evaluation import open_loop as blind
from world_models.memory.model import Initial, Memory
from world_models.memory.model import save as save_memory
from world_models.paper.inputs import OPEN_LOOP_COLUMNS
from world_models.seeds import Purpose, derive
from world_models.tasks import get_task
from world_models.tasks.contract import End
from world_models.tasks.settings import TakeCoverEnvironment

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
    """Return the steps of one episode."""
    game = TASK.make_environment(TakeCoverEnvironment.model_validate_json(ENVIRONMENT))
    game.reset(seed)
    end, steps = End.NONE, 0
    while end == End.NONE:
        _, _, end = game.step(np.array([pattern(steps)], dtype=np.float32))
        steps += 1
    game.close()
    return steps


def in_a_dream(dream: Dream, pattern: Callable[[int], float], seed: int) -> int:
    """Return the steps of one dream in a slot of its own."""
    dream.start([0], [seed])
    steps = 0
    while dream.active[0]:
        dream.step(np.array([[pattern(steps)]], dtype=np.float32))
        steps += 1
    return steps


def test_each_alone(tmp_path: Path) -> None:
    """With an M whose deaths depend on the actions, and that does not amplify rounding."""
    torch.manual_seed(0)
    memory = Memory(8, 1, 16, 5, True, False, True)
    with torch.no_grad():
        for parameter in memory.parameters():
            parameter.normal_(std=0.4)
        memory.output.weight[-1] *= 8
        memory.output.bias[-1] = -4
    initial = Initial(torch.randn(4, 8), torch.zeros(4, 8))
    save_memory(tmp_path / "memory.safetensors", "take_cover", memory, initial, vision="")
    output = tmp_path / "blind.csv"
    blind.main([
        "--task", "take_cover", "--seed", "5", "--environment", ENVIRONMENT,
        "--settings", SETTINGS, "--memory", str(tmp_path / "memory.safetensors"),
        "--temperatures", "0.5", "1.15", "--output", str(output),
    ])  # fmt: skip
    with output.open(newline="") as file:
        game, *dreams = csv.DictReader(file)
    assert list(game) == ["temperature", *PATTERNS] == list(OPEN_LOOP_COLUMNS)
    assert [row["temperature"] for row in (game, *dreams)] == ["", "0.5", "1.15"]

    def seeds(where: str) -> list[int]:
        parts = (Purpose.FIGURES, "take_cover", "blind", where)
        return [derive(5, *parts, number) for number in range(EPISODES)]

    for name, pattern in PATTERNS.items():
        real = [in_the_game(pattern, seed) for seed in seeds("game")]
        assert float(game[name]) == pytest.approx(np.mean(real))
        for row in dreams:
            dream = Dream(memory, initial, float(row["temperature"]), 1, 40, TASK)
            dreamt = [in_a_dream(dream, pattern, seed) for seed in seeds("dream")]
            assert float(row[name]) == pytest.approx(np.mean(dreamt))
    for row in dreams:
        assert len({row[name] for name in PATTERNS}) > 2, row  # the actions matter


def test_another_task(tmp_path: Path) -> None:
    with pytest.raises(WorldModelsError, match="--task car_racing: the patterns are of"):
        blind.main([
            "--task", "car_racing", "--environment", "{}", "--settings", "{}",
            "--memory", str(tmp_path), "--temperatures", "1", "--output", str(tmp_path / "none"),
        ])  # fmt: skip
