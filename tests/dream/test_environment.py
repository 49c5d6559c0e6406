"""The dream as a Gymnasium environment, single and vectorised."""

import os
import warnings

import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

from world_models.dream.environment import DreamEnvironment
from world_models.dream.vector import DreamVectorEnvironment
from world_models.errors import WorldModelsError
from world_models.memory.model import Initial, Memory
from world_models.tasks import get_task
from world_models.world_model.vision_memory import VisionMemory

HEADS = {"car_racing": (False, True, False), "take_cover": (True, False, True)}


def world_model(name: str, slots: int = 1) -> VisionMemory:
    """Return a world model whose small untrained M has the task's heads."""
    torch.manual_seed(1)
    memory = Memory(4, get_task(name).action_size, 8, 2, *HEADS[name])
    return VisionMemory(None, memory, Initial(torch.randn(5, 4), torch.zeros(5, 4)), slots)


def environment(name: str, sees: tuple[str, ...], max_steps: int = 20) -> DreamEnvironment:
    """Return the dream of `world_model(name)` as an environment."""
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
    """Gymnasium's checker finds no fault; observations have the expected size."""
    env = environment(name, sees)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(infinity|spec|symmetric|normalized).*")
        check_env(env)
    assert env.observation_space.shape == (size,)


def test_bounds_are_the_tasks() -> None:
    """Action bounds. CarRacing: steering -1..1, gas and brake 0..1. Take Cover: -1..1."""
    space = environment("car_racing", ("z",)).action_space
    assert space.low.tolist() == [-1, 0, 0] and space.high.tolist() == [1, 1, 1]  # type: ignore[attr-defined]
    space = environment("take_cover", ("z",)).action_space
    assert space.low.tolist() == [-1] and space.high.tolist() == [1]  # type: ignore[attr-defined]


def test_the_time_limit_truncates() -> None:
    """If M predicts no deaths, the dream ends at the time limit."""
    env = environment("car_racing", ("z", "h"), max_steps=7)
    env.reset(seed=1)
    ends = [env.step(np.zeros(3, dtype=np.float32))[2:4] for _ in range(7)]
    assert ends == [(False, False)] * 6 + [(False, True)]


def test_unknown_sight() -> None:
    """A part that the state doesn't have is refused."""
    with pytest.raises(WorldModelsError, match="sees pixels: unknown; V and M have z, c, h"):
        environment("car_racing", ("pixels",))


def test_another_tasks_m() -> None:
    """An M with another task's actions is refused."""
    with pytest.raises(WorldModelsError, match=r"actions of 1 numbers, but car_racing's have 3"):
        DreamEnvironment(world_model("take_cover"), 1.0, 10, get_task("car_racing"))


def test_observations_are_the_state() -> None:
    """The parts of the state are concatenated in the order asked for."""
    env = environment("take_cover", ("z", "c", "h"))
    env.reset(seed=1)
    seen = env.step(np.ones(1, dtype=np.float32))[0]
    z, h, c, _ = env.dream.observations
    assert np.array_equal(seen, np.concatenate([z[0], c[0], h[0]])) and seen[4:].any()


def paint(z: torch.Tensor) -> np.ndarray:  # type: ignore[type-arg]
    """Act as a decoder: return frames whose shade is the first latent."""
    shade = z[:, :1].clamp(0, 1).mul(255).byte()
    return shade[:, None, None, :].expand(-1, 64, 64, 3).numpy()


def test_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoded latent is shown as an array and in a window; without a decoder it is refused."""
    monkeypatch.setenv("SDL_VIDEODRIVER", os.environ.get("SDL_VIDEODRIVER", "dummy"))
    sees, task = ("z", "h"), get_task("car_racing")
    arguments = (world_model("car_racing"), 1.0, 9, task, sees)
    env = DreamEnvironment(*arguments, decode=paint, render_mode="rgb_array")
    env.reset(seed=3)
    assert np.array_equal(env.render(), paint(env.dream.observations.z)[0])
    assert env.metadata["render_fps"] == 50
    shown = DreamEnvironment(*arguments, decode=paint, render_mode="human")
    shown.reset(seed=3)
    shown.step(np.zeros(3, dtype=np.float32))
    assert shown.window.screen.get_size() == (512, 512)
    left, _, _, _ = shown.window.screen.get_at((100, 100))
    assert left == paint(shown.dream.observations.z)[0, 0, 0, 0]
    shown.close()
    assert shown.window.screen is None
    with pytest.raises(WorldModelsError, match="needs V's decoder"):
        DreamEnvironment(*arguments, render_mode="human")
    with pytest.raises(WorldModelsError, match="render_mode ansi: unknown"):
        DreamEnvironment(*arguments, decode=paint, render_mode="ansi")


def test_a_vector_of_dreams() -> None:
    """Each dream is the same as alone; the step after its end begins the next episode."""
    task, sees, limit = get_task("take_cover"), ("z", "c", "h"), 7
    vector = DreamVectorEnvironment(world_model("take_cover", 3), 1.0, limit, task, sees)
    assert vector.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    seen, _ = vector.reset(seed=5)
    assert vector.observation_space.contains(seen) and seen.shape == (3, 20)
    seeds = np.random.Generator(np.random.PCG64(np.random.SeedSequence(5))).integers(2**31, size=3)
    alone = DreamEnvironment(world_model("take_cover"), 1.0, limit, task, sees)
    alone.dream.start([0], [int(seeds[1])])
    rng, ends = np.random.default_rng(1), 0
    for _ in range(4 * limit):
        actions = rng.uniform(-1, 1, (3, 1)).astype(np.float32)
        before = vector.over.copy()
        seen, rewards, terminated, truncated, _ = vector.step(actions)
        assert not (terminated & truncated).any()
        assert (rewards == np.where(before, 0, 1)).all()  # beginning an episode pays 0
        if not ends:
            one = alone.step(actions[1])
            assert np.allclose(one[0], seen[1], atol=1e-5)
            assert one[2:4] == (terminated[1], truncated[1])
        ends += int((terminated | truncated)[1])
        begun = vector.dream.steps[before]
        assert (begun == 0).all()
    assert ends > 2


def test_the_same_seed_is_the_same_vector() -> None:
    """The same seed gives the same observations, also in episodes that begin later."""
    runs = []
    for seed in (1, 1, 2):
        vector = DreamVectorEnvironment(
            world_model("car_racing", 2), 1.0, 5, get_task("car_racing")
        )
        vector.reset(seed=seed)
        actions = np.zeros((2, 3), dtype=np.float32)
        runs.append(np.stack([vector.step(actions)[0] for _ in range(12)]))
    assert np.array_equal(runs[0], runs[1]) and not np.array_equal(runs[0], runs[2])
