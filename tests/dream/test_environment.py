"""The dream as a Gymnasium environment."""

import warnings

import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

from world_models.dream.environment import DreamEnvironment
from world_models.errors import WorldModelsError
from world_models.memory.model import Initial, Memory
from world_models.tasks import get_task
from world_models.world_model.vision_memory import VisionMemory

HEADS = {"car_racing": (False, True, False), "take_cover": (True, False, True)}


def world_model(name: str) -> VisionMemory:
    """Return a small untrained M with a task's heads."""
    memory = Memory(4, get_task(name).action_size, 8, 2, *HEADS[name])
    return VisionMemory(None, memory, Initial(torch.randn(5, 4), torch.zeros(5, 4)), 1)


def environment(name: str, sees: tuple[str, ...], max_steps: int = 20) -> DreamEnvironment:
    """Return its dream."""
    return DreamEnvironment(world_model(name), 1.0, max_steps, get_task(name), sees)


@pytest.mark.parametrize(
    ("name", "sees", "size"),
    [
        ("car_racing", ("z",), 4),
        ("car_racing", ("z", "h"), 12),
        ("take_cover", ("z",), 4),
        ("take_cover", ("z", "c", "h"), 20),
    ],
)
def test_it_is_a_gymnasium_environment(name: str, sees: tuple[str, ...], size: int) -> None:
    """Gymnasium's own checker finds no fault; observations are of the task's size."""
    made = environment(name, sees)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(infinity|spec|symmetric|normalized).*")
        check_env(made)
    assert made.observation_space.shape == (size,)


def test_bounds_are_the_tasks() -> None:
    """CarRacing: steering -1..1, gas and brake 0..1. Take Cover: -1..1."""
    space = environment("car_racing", ("z",)).action_space
    assert space.low.tolist() == [-1, 0, 0] and space.high.tolist() == [1, 1, 1]  # type: ignore[attr-defined]
    space = environment("take_cover", ("z",)).action_space
    assert space.low.tolist() == [-1] and space.high.tolist() == [1]  # type: ignore[attr-defined]


def test_the_time_limit_truncates() -> None:
    """An M without deaths dreams to the limit."""
    made = environment("car_racing", ("z", "h"), max_steps=7)
    made.reset(seed=1)
    ends = [made.step(np.zeros(3, dtype=np.float32))[2:4] for _ in range(7)]
    assert ends == [(False, False)] * 6 + [(False, True)]


def test_unknown_sight() -> None:
    """No part of the state: refused."""
    with pytest.raises(WorldModelsError, match="sees pixels: unknown; V and M have z, c, h"):
        environment("car_racing", ("pixels",))


def test_another_tasks_m() -> None:
    """An M with other actions is refused."""
    with pytest.raises(WorldModelsError, match=r"actions of 1 numbers, but car_racing's have 3"):
        DreamEnvironment(world_model("take_cover"), 1.0, 10, get_task("car_racing"))


def test_observations_are_the_state() -> None:
    """The parts are laid side by side in the order asked for."""
    made = environment("take_cover", ("z", "c", "h"))
    made.reset(seed=1)
    seen = made.step(np.ones(1, dtype=np.float32))[0]
    z, h, c, _ = made.dream.observations
    assert np.array_equal(seen, np.concatenate([z[0], c[0], h[0]])) and seen[4:].any()
