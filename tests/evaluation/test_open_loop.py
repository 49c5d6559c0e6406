"""Open-loop policies, in the game and in dreams, against each episode played alone."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from world_models.tasks.settings import TakeCoverEnvironment

from tests.evaluation.test_scores import ENVIRONMENT
from world_models.dream.engine import Dream
from world_models.errors import WorldModelsError
from world_models.evaluation import open_loop
from world_models.memory.model import Initial, Memory
from world_models.memory.model import save as save_memory
from world_models.seeds import Purpose, derive
from world_models.tasks import get_task
from world_models.tasks.contract import End

TASK = get_task("take_cover")
EPISODES = 3
SETTINGS = json.dumps({"episodes": EPISODES, "dream_episodes": EPISODES, "slots": 2})
POLICIES: dict[str, Callable[[int], float]] = {
    "still": lambda t: 0,
    "left": lambda t: -1,
    "right": lambda t: 1,
    "swing_20": lambda t: (-1, 1)[(t // 20) % 2],
    "swing_60": lambda t: (-1, 1)[(t // 60) % 2],
}


def in_the_game(policy: Callable[[int], float], seed: int) -> int:
    """Return the steps of one episode."""
    game = TASK.make_environment(TakeCoverEnvironment.model_validate_json(ENVIRONMENT))
    game.reset(seed)
    end, steps = End.NONE, 0
    while end == End.NONE:
        _, _, end = game.step(np.array([policy(steps)], dtype=np.float32))
        steps += 1
    game.close()
    return steps


def in_a_dream(dream: Dream, policy: Callable[[int], float], seed: int) -> int:
    """Return the steps of one dream in a slot of its own."""
    dream.start([0], [seed])
    steps = 0
    while dream.active[0]:
        dream.step(np.array([[policy(steps)]], dtype=np.float32))
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
    output = tmp_path / "open_loop.csv"
    open_loop.main([
        "--task", "take_cover", "--seed", "5", "--environment", ENVIRONMENT,
        "--settings", SETTINGS, "--memory", str(tmp_path / "memory.safetensors"),
        "--temperatures", "0.5", "1.15", "--output", str(output),
    ])  # fmt: skip
    with output.open(newline="") as file:
        game, *dreams = csv.DictReader(file)
    assert list(game) == ["temperature", *POLICIES]
    assert [row["temperature"] for row in (game, *dreams)] == ["", "0.5", "1.15"]

    def seeds(where: str) -> list[int]:
        parts = (Purpose.FIGURES, "take_cover", "blind", where)
        return [derive(5, *parts, number) for number in range(EPISODES)]

    for name, policy in POLICIES.items():
        real = [in_the_game(policy, seed) for seed in seeds("game")]
        assert float(game[name]) == pytest.approx(np.mean(real))
        for row in dreams:
            dream = Dream(memory, initial, float(row["temperature"]), 1, 40, TASK)
            dreamt = [in_a_dream(dream, policy, seed) for seed in seeds("dream")]
            assert float(row[name]) == pytest.approx(np.mean(dreamt))
    for row in dreams:
        assert len({row[name] for name in POLICIES}) > 2, row  # the actions matter


def test_a_task_without_such_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to play, and the message says so."""
    bare = replace(TASK, open_loop={})
    monkeypatch.setattr("world_models.evaluation.open_loop.get_task", lambda name: bare)
    with pytest.raises(WorldModelsError, match="--task take_cover: it has no open-loop policies"):
        open_loop.main([
            "--task", "take_cover", "--environment", "{}", "--settings", "{}",
            "--memory", str(tmp_path), "--temperatures", "1", "--output", str(tmp_path / "none"),
        ])  # fmt: skip
