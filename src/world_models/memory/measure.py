"""How well a trained M predicts held-out episodes, beside simple predictions."""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.memory.latents import Latents
from world_models.memory.mixture import moments, negative_log_likelihood
from world_models.memory.model import Memory, Prediction
from world_models.memory.settings import MemorySettings
from world_models.memory.streams import Epoch, Window


class Sums:
    """Sums over all steps that have a next latent; per latent dimension where shape is (L,)."""

    def __init__(self) -> None:
        self.values: dict[str, Tensor] = {}

    def add(self, prediction: Prediction, mu: Tensor, window: Window) -> None:
        """Add a window's steps; `mu`, (N, T + 1, L), are the means that z was drawn around."""
        follows = window.follows.bool()
        now, target, target_mu = window.z[:, :-1], window.z[:, 1:], mu[:, 1:]
        expected, _ = moments(prediction, 1.0)
        parts = {
            "steps": torch.ones_like(window.follows)[..., None],
            "nll": negative_log_likelihood(prediction, target)[..., None],
            "m": (expected - target_mu).square(),
            "copy": (now - target_mu).square(),
            "copy_mu": (mu[:, :-1] - target_mu).square(),
            "copy_z": (now - target).square(),
        }
        for name, values in parts.items():
            total = values[follows].double().sum(0)
            self.values[name] = self.values.get(name, torch.zeros_like(total)) + total

    def metrics(self) -> dict[str, float]:
        """Return the means over steps and latent dimensions.

        nll: of the drawn z_{t+1}, nats a dimension. copy_nll: of a normal around z_t whose
            variance in each dimension is the best there is for these very steps.
        squared_error: of M's expectation to μ_{t+1}; of z_t, which M was fed; of μ_t, which it
            was not.
        """
        steps = self.values["steps"]
        per_step = {name: (total / steps).cpu() for name, total in self.values.items()}
        variance = per_step["copy_z"].clamp(min=1e-12)
        copy_nll = 0.5 * (torch.log(2 * math.pi * variance) + 1)
        return {
            "steps": int(steps.item()),
            "nll": per_step["nll"].item(),
            "copy_nll": copy_nll.mean().item(),
            "squared_error": per_step["m"].mean().item(),
            "copy_squared_error": per_step["copy"].mean().item(),
            "copy_mu_squared_error": per_step["copy_mu"].mean().item(),
        }


def death_metrics(logits: NDArray[np.float32], deaths: NDArray[np.bool_]) -> dict[str, Any]:
    """Return how well a logit above 0 tells deaths; None where there is nothing to divide by.

    auc: the share of pairs (a death, another step) whose logits are in order; ties count half.
    """
    told = logits > 0
    hits, alive = int((told & deaths).sum()), np.sort(logits[~deaths])
    below = np.searchsorted(alive, logits[deaths], "left")
    upto = np.searchsorted(alive, logits[deaths], "right")
    pairs = len(alive) * int(deaths.sum())
    return {
        "deaths": int(deaths.sum()),
        "death_precision": hits / int(told.sum()) if told.any() else None,
        "death_recall": hits / int(deaths.sum()) if deaths.any() else None,
        "death_auc": float((below + upto).sum() / 2 / pairs) if pairs else None,
    }


def reward_metrics(predicted: NDArray[np.float32], rewards: NDArray[np.float32]) -> dict[str, Any]:
    """Return the share of the rewards' variance that is predicted; None if they don't vary."""
    error = float(np.square(predicted - rewards, dtype=np.float64).sum())
    spread = float(np.square(rewards - rewards.mean(dtype=np.float64)).sum())
    return {"reward_r2": 1 - error / spread if spread > 0 else None}


@torch.no_grad()
def measure(
    memory: Memory, latents: Latents, settings: MemorySettings, seed: int, device: torch.device
) -> dict[str, Any]:
    """Return M's measurements on held-out episodes, each seen from its first step on.

    See `Sums.metrics`, `death_metrics` and `reward_metrics` for what the names mean.
    `nll_other_actions` is `nll` when M is fed the actions of another episode: as much worse as what
    it has learnt of their effect.
    """
    order = np.arange(len(latents.lengths))
    streams = Epoch(latents, order, settings.batch_size, settings.sequence_length)
    state, sums = memory.zero_state(streams.streams), Sums()
    misled, misled_sums = state, Sums()
    seen: dict[str, list[NDArray[np.float32]]] = {k: [] for k in ("logit", "death", "r", "reward")}
    for number, window in enumerate(streams.read(seed)):
        window = window.to(device)
        hs, state = memory(window.z[:, :-1], window.actions, window.restarts, state)
        means = streams.means(number).to(device)
        others = window.actions.roll(1, dims=0)  # of the stream beside
        others_hs, misled = memory(window.z[:, :-1], others, window.restarts, misled)
        for steps, part in window.parts():
            prediction = memory.heads(hs[:, steps])
            mu = means[:, steps.start : steps.stop + 1]
            sums.add(prediction, mu, part)
            misled_sums.add(memory.heads(others_hs[:, steps]), mu, part)
            pairs = (prediction.death_logit, part.deaths, prediction.reward, part.rewards)
            for name, values in zip(seen, pairs, strict=True):
                if values is not None:
                    seen[name].append(values[part.rows.bool()].cpu().numpy())
    whole = {name: np.concatenate(parts) for name, parts in seen.items() if parts}
    metrics: dict[str, Any] = sums.metrics()
    metrics["nll_other_actions"] = misled_sums.metrics()["nll"]
    if "logit" in whole:
        metrics |= death_metrics(whole["logit"], whole["death"] > 0)
    if "r" in whole:
        metrics |= reward_metrics(whole["r"], whole["reward"])
    return metrics
