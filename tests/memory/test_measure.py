"""Held-out metrics against values computed by hand."""

from pathlib import Path

import numpy as np
import torch

from tests.memory.stores import random_episode, store
from world_models.memory.latents import Latents
from world_models.memory.measure import death_metrics, measure, reward_metrics
from world_models.memory.mixture import moments, negative_log_likelihood
from world_models.memory.model import Memory
from world_models.memory.settings import MemorySettings
from world_models.tasks.contract import End


def test_deaths() -> None:
    """Precision, recall, and AUC: the share of correctly ordered pairs, with ties counting half."""
    logits = np.array([2.0, -1.0, 1.0, -1.0, -3.0], dtype=np.float32)
    deaths = np.array([True, True, False, False, False])
    measured = death_metrics(logits, deaths)
    assert (measured["deaths"], measured["death_precision"], measured["death_recall"]) == (
        2,
        0.5,
        0.5,
    )
    assert measured["death_auc"] == (3 + 1.5) / 6
    nothing = death_metrics(logits[1:2], deaths[2:3])
    assert nothing["death_precision"] is None and nothing["death_auc"] is None


def test_rewards() -> None:
    """R² is 1 for perfect predictions, 0 for the mean, and None for constant rewards."""
    rewards = np.array([0.0, 1.0, 2.0], dtype=np.float32)
    assert reward_metrics(rewards, rewards) == {"reward_r2": 1.0}
    assert reward_metrics(np.ones(3, dtype=np.float32), rewards) == {"reward_r2": 0.0}
    assert reward_metrics(rewards, np.ones(3, dtype=np.float32)) == {"reward_r2": None}


def test_measure_is_the_mean_over_steps(tmp_path: Path) -> None:
    """Metrics over windows and streams equal those computed from each episode alone."""
    rng = np.random.default_rng(0)
    episodes = [random_episode(rng, length, End.TERMINATED) for length in (4, 11, 1, 23)]
    latents = Latents([store(tmp_path / "0.json", episodes)], "take_cover", tmp_path)
    torch.manual_seed(0)
    memory = Memory(3, 1, 8, 2, True, False, True)
    settings = MemorySettings(batch_size=3, sequence_length=6)
    measured = measure(memory, latents, settings, 1, torch.device("cpu"))
    nll, error, copied = [], [], []
    for episode in episodes:  # log σ² is -60: z is μ
        mu = torch.from_numpy(episode["mu"])[None]
        restart = torch.zeros(mu.shape[:2])
        restart[:, 0] = 1
        actions = torch.from_numpy(episode["actions"])[None]
        with torch.no_grad():
            hs, _ = memory(mu, actions, restart, memory.zero_state(1))
            prediction = memory.heads(hs[:, :-1])
        nll.append(negative_log_likelihood(prediction, mu[:, 1:])[0])
        error.append((moments(prediction, 1.0)[0] - mu[:, 1:]).square()[0])
        copied.append((mu[:, :-1] - mu[:, 1:]).square()[0])
    expected = [torch.cat(parts).mean().item() for parts in (nll, error, copied)]
    found = [measured[name] for name in ("nll", "squared_error", "copy_squared_error")]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert measured["steps"] == 35 and measured["deaths"] == 4


def test_other_actions_mislead(tmp_path: Path) -> None:
    """Other actions change the NLL of an M that uses actions, and not of one that ignores them."""
    rng = np.random.default_rng(0)
    episodes = [random_episode(rng, 20, End.TERMINATED) for _ in range(4)]
    latents = Latents([store(tmp_path / "0.json", episodes)], "take_cover", tmp_path)
    torch.manual_seed(0)
    memory = Memory(3, 1, 8, 2, True, False, True)
    settings, cpu = MemorySettings(batch_size=4, sequence_length=20), torch.device("cpu")
    heeding = measure(memory, latents, settings, 1, cpu)
    assert heeding["nll_other_actions"] != heeding["nll"]
    with torch.no_grad():
        memory.weight_ih[:, 3] = 0  # the action's column
    deaf = measure(memory, latents, settings, 1, cpu)
    assert deaf["nll_other_actions"] == deaf["nll"]
