"""The dream as a Gymnasium environment."""

import warnings
from typing import Literal

import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

from world_models.dream.environment import DreamEnvironment
from world_models.errors import WorldModelsError
from world_models.memory.model import Initial, Memory
from world_models.tasks import get_task


def environment(name: str, sees: Literal["z", "z_h"], max_steps: int = 20) -> DreamEnvironment:
    """Return the dream of a small untrained M."""
    task = get_task(name)
    memory = Memory(
        4, task.action_size, 8, 2, task.predicts_death, task.predicts_reward, task.sees_restart
    )
    initial = Initial(torch.randn(5, 4), torch.zeros(5, 4))
    return DreamEnvironment(memory, initial, 1.0, max_steps, task, sees)


@pytest.mark.parametrize(
    ("name", "sees", "size"),
    [
        ("car_racing", "z", 4),
        ("car_racing", "z_h", 12),
        ("take_cover", "z", 4),
        ("take_cover", "z_h", 20),
    ],
)
def test_it_is_a_gymnasium_environment(name: str, sees: Literal["z", "z_h"], size: int) -> None:
    """Gymnasium's own checker finds no fault; observations are of the task's size."""
    made = environment(name, sees)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(infinity|spec|symmetric|normalized).*")
        check_env(made)
    assert made.observation_space.shape == (size,)


def test_bounds_are_the_tasks() -> None:
    """CarRacing: steering -1..1, gas and brake 0..1. Take Cover: -1..1."""
    space = environment("car_racing", "z").action_space
    assert space.low.tolist() == [-1, 0, 0] and space.high.tolist() == [1, 1, 1]  # type: ignore[attr-defined]
    space = environment("take_cover", "z").action_space
    assert space.low.tolist() == [-1] and space.high.tolist() == [1]  # type: ignore[attr-defined]


def test_the_time_limit_truncates() -> None:
    """An M without deaths dreams to the limit."""
    made = environment("car_racing", "z_h", max_steps=7)
    made.reset(seed=1)
    ends = [made.step(np.zeros(3, dtype=np.float32))[2:4] for _ in range(7)]
    assert ends == [(False, False)] * 6 + [(False, True)]


def test_unknown_sight() -> None:
    """Neither z nor z_h: refused."""
    with pytest.raises(WorldModelsError, match="sees pixels"):
        environment("car_racing", "pixels")  # type: ignore[arg-type]
