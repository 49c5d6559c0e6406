"""The environments around the published models, made by their Gymnasium IDs."""

import subprocess
import sys
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_for_sb3
from stable_baselines3.common.vec_env import VecNormalize

from world_models.controller.agent import Agent
from world_models.controller.checkpoint import load as load_controller
from world_models.controller.policies import get_policy
from world_models.environments import id_of
from world_models.environments.stable_baselines import DreamVecEnv
from world_models.environments.trained import PUBLISHED, load, make_dreams
from world_models.errors import WorldModelsError
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.tasks import PAPER_TASKS
from world_models.tasks.contract import SyncVectorEnvironment

SIZES = {"car_racing": 288, "take_cover": 1088}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("task", PAPER_TASKS)
def test_both_checkers_find_no_fault(task: str) -> None:
    env = gymnasium.make(id_of("Dream", task), temperature=1.15, render_mode="rgb_array")
    assert env.observation_space.shape == (SIZES[task],)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(infinity|symmetric|normalized|spec).*")
        check_env(env.unwrapped)
        check_for_sb3(env)


@pytest.mark.parametrize("task", PAPER_TASKS)
def test_it_looks_like_the_game(task: str) -> None:
    """Decoded first frames have plausible brightness and contrast, and the dream moves."""
    env = gymnasium.make(id_of("Dream", task), render_mode="rgb_array")
    env.reset(seed=1)
    first = np.asarray(env.render(), dtype=float)
    assert 30 < first.mean() < 180 and first.std() > 5
    action = np.asarray(env.action_space.high, dtype=np.float32)  # type: ignore[attr-defined]
    for _ in range(20):
        env.step(action)
    assert np.abs(np.asarray(env.render(), dtype=float) - first).mean() > 1


def test_a_vector_by_name() -> None:
    vector = gymnasium.make_vec(id_of("Dream", "car_racing"), num_envs=5, temperature=0.5)
    seen, _ = vector.reset(seed=1)
    seen, rewards, terminated, _, _ = vector.step(vector.action_space.sample())
    assert seen.shape == (5, 288) and rewards.shape == (5,) and not terminated.any()


def test_the_seen_game_is_the_games() -> None:
    """A published controller scores the same there as with the project's own agent."""
    found = load("take_cover", None, 1)
    path = PUBLISHED / "take_cover/controllers/tau_1.15/model.safetensors"
    parameters, _ = load_controller(path, "take_cover")
    policy = get_policy("z_h", 1, 64, 512, sees_cell=True, bias=False)
    agent = Agent(found.model, policy, found.task.squash)
    agent.candidates = parameters[None]
    game = SyncVectorEnvironment([found.task.make_environment()])
    episode = play(agent, game, [Assignment(0, 1292946974)])[0]
    game.close()

    env = gymnasium.make(id_of("Seen", "take_cover"), render_mode="rgb_array")
    seen, _ = env.reset(options={"episode_seed": 1292946974})
    score, over, row = 0.0, False, torch.from_numpy(parameters)[None]
    while not over:
        action = found.task.squash(policy.act(row, torch.from_numpy(seen)[None]))[0].numpy()
        seen, reward, terminated, truncated, _ = env.step(action)
        score, over = score + float(reward), terminated or truncated
    assert np.asarray(env.render()).shape == (64, 64, 3)
    env.close()
    assert score == episode.score > 100


def test_missing_models(tmp_path: Path) -> None:
    with pytest.raises(WorldModelsError, match=r"take_cover: missing; give models="):
        gymnasium.make(id_of("Dream", "take_cover"), models=tmp_path)


def test_stable_baselines_sees_every_end() -> None:
    """SB3 gets an episode's last observation and truncation while the next one has begun."""
    vec_env = DreamVecEnv(make_dreams("take_cover", 4, max_steps=9))
    vec_env.seed(3)
    first = vec_env.reset()
    for number in range(9):
        seen, rewards, dones, infos = vec_env.step(np.zeros((4, 1), dtype=np.float32))
        assert rewards.tolist() == [1] * 4 and dones.tolist() == [number == 8] * 4
    assert all(info["TimeLimit.truncated"] for info in infos)
    last = np.stack([info["terminal_observation"] for info in infos])
    # First latents are all similar, so compare M's state, which is zero at the beginning.
    assert last[:, 64:].any() and not seen[:, 64:].any() and not first[:, 64:].any()
    assert VecNormalize(vec_env).reset().shape == (4, 1088)


def test_the_example_learns_and_plays() -> None:
    """The example trains PPO briefly, then plays real games with it."""
    done = subprocess.run(
        [sys.executable, "examples/ppo_in_the_dream.py", "--steps", "2048", "--environments", "4",
         "--episodes", "2"],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2 real episodes: " in done.stdout
