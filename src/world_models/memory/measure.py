"""How well a trained M predicts held-out episodes, compared with simple baselines."""

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


class LatentErrors:
    """Errors in predicting the next latent, summed over all steps that have one."""

    def __init__(self) -> None:
        self.values: dict[str, Tensor] = {}  # (L,), or (1,) if not per dimension

    def add(self, prediction: Prediction, mu: Tensor, window: Window) -> None:
        """Add a window's steps; `mu`, (N, T + 1, L), holds the means of z's distributions."""
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

        nll: negative log likelihood of z_{t+1} under M, in nats per dimension.
        copy_nll: the same under a normal distribution around z_t, with the variance in each
            dimension that fits these steps best.
        squared_error: from M's expected z_{t+1} to μ_{t+1}.
        copy_squared_error: from z_t, which M was fed, to μ_{t+1}.
        copy_mu_squared_error: from μ_t, which M was not fed, to μ_{t+1}.
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
    """Return how well logits, (n,), predict which of n steps are deaths, (n,).

    A logit above 0 predicts a death. A measure whose denominator is 0 is None.

    deaths: the number of deaths.
    death_precision: the share of predicted deaths that are deaths.
    death_recall: the share of deaths that are predicted.
    death_auc: the share of pairs of a death and another step in which the death has the higher
        logit; ties count half.
    """
    predicted = logits > 0
    hits, alive = int((predicted & deaths).sum()), np.sort(logits[~deaths])
    below = np.searchsorted(alive, logits[deaths], "left")
    upto = np.searchsorted(alive, logits[deaths], "right")
    pairs = len(alive) * int(deaths.sum())
    return {
        "deaths": int(deaths.sum()),
        "death_precision": hits / int(predicted.sum()) if predicted.any() else None,
        "death_recall": hits / int(deaths.sum()) if deaths.any() else None,
        "death_auc": float((below + upto).sum() / 2 / pairs) if pairs else None,
    }


def reward_metrics(predicted: NDArray[np.float32], rewards: NDArray[np.float32]) -> dict[str, Any]:
    """Return the share of the rewards' variance that is explained; None if they don't vary."""
    error = float(np.square(predicted - rewards, dtype=np.float64).sum())
    spread = float(np.square(rewards - rewards.mean(dtype=np.float64)).sum())
    return {"reward_r2": 1 - error / spread if spread > 0 else None}


@torch.no_grad()
def measure(
    memory: Memory, latents: Latents, settings: MemorySettings, seed: int, device: torch.device
) -> dict[str, Any]:
    """Return M's measurements on held-out episodes, each from its first step to its last.

    `LatentErrors.metrics`, `death_metrics` and `reward_metrics` describe the names. In addition,
    `nll_other_actions` is the `nll` when M is fed the actions of another episode. It is higher than
    `nll` if M has learnt what actions do.
    """
    order = np.arange(len(latents.lengths))
    streams = Epoch(latents, order, settings.batch_size, settings.sequence_length)
    state, errors = memory.zero_state(streams.streams), LatentErrors()
    other_state, other_errors = state, LatentErrors()  # with the actions of another episode
    columns = ("logit", "death", "predicted", "reward")
    parts: dict[str, list[NDArray[np.float32]]] = {name: [] for name in columns}
    for number, window in enumerate(streams.read(seed)):
        window = window.to(device)
        hs, state = memory(window.z[:, :-1], window.actions, window.restarts, state)
        means = streams.means(number).to(device)
        other_actions = window.actions.roll(1, dims=0)  # those of the neighbouring stream
        other_hs, other_state = memory(
            window.z[:, :-1], other_actions, window.restarts, other_state
        )
        for steps, part in window.parts():
            prediction = memory.heads(hs[:, steps])
            mu = means[:, steps.start : steps.stop + 1]
            errors.add(prediction, mu, part)
            other_errors.add(memory.heads(other_hs[:, steps]), mu, part)
            found = (prediction.death_logit, part.deaths, prediction.reward, part.rewards)
            for name, values in zip(columns, found, strict=True):
                if values is not None:
                    parts[name].append(values[part.rows.bool()].cpu().numpy())
    whole = {name: np.concatenate(arrays) for name, arrays in parts.items() if arrays}
    metrics: dict[str, Any] = errors.metrics()
    metrics["nll_other_actions"] = other_errors.metrics()["nll"]
    if "logit" in whole:
        metrics |= death_metrics(whole["logit"], whole["death"] > 0)
    if "predicted" in whole:
        metrics |= reward_metrics(whole["predicted"], whole["reward"])
    return metrics
