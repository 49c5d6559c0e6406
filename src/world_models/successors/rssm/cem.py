"""PlaNet's search over action sequences: CEM (Hafner et al., 2019, algorithm 2)."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from world_models.successors.actions import ActionSpace
from world_models.successors.rssm.model import Model
from world_models.successors.rssm.settings import RssmSettings

Score = Callable[[Tensor], Tensor]
"""Maps action sequences, (candidates, steps, size), to their scores, (candidates,)."""


def search(
    score: Score, steps: int, size: int, candidates: int, elites: int, iterations: int,
    generator: torch.Generator, device: torch.device,
) -> Tensor:  # fmt: skip
    """Return the mean of the best sequences of the last iteration, (steps, size), within ±1.

    All numbers are independent and normal, at first with mean 0 and σ 1; samples are clipped to ±1.
    """
    mean, std = torch.zeros(steps, size, device=device), torch.ones(steps, size, device=device)
    for _ in range(iterations):
        noise = torch.randn(candidates, steps, size, generator=generator).to(device)
        drawn = (mean + std * noise).clamp(-1, 1)
        best = drawn[score(drawn).topk(elites).indices]
        mean = best.mean(0)
        std = (best.var(0, correction=0) + 1e-6).sqrt()
    return mean


def to_raw(numbers: Tensor, space: ActionSpace) -> Tensor:
    """Return raw actions for searched numbers, (..., size); the largest marks the choice."""
    return one_hot(numbers.argmax(-1), space.size).float() if space.discrete else numbers


def plan(
    model: Model, h: Tensor, z: Tensor, space: ActionSpace, settings: RssmSettings, seed: int
) -> Tensor:
    """Return the raw action to take in one state, (size,).

    A sequence's score is the discounted sum of its predicted rewards. Each is weighted by the
    predicted probability that the episode is still going on.

    Args:
        h: (recurrent_size,). z: (width,). seed: seeds all random numbers.
    """
    count, steps = settings.plan_candidates, settings.horizon
    generator = torch.Generator().manual_seed(seed)
    latent = model.dynamics.latent

    def score(numbers: Tensor) -> Tensor:
        actions = space.to_task(to_raw(numbers, space))
        state = h.expand(count, -1), z.expand(count, -1)
        noise = torch.randn(steps, count, latent.noise, generator=generator).to(h.device)
        whole, share = torch.zeros(count, device=h.device), torch.ones(count, device=h.device)
        for step in range(steps):
            state = model.dynamics.imagine(*state, actions[:, step], noise[step])
            features = torch.cat(state, -1)
            whole = whole + share * model.reward(features)
            share = share * settings.discount * model.continues(features)
        return whole

    best = search(
        score, steps, space.size, count, settings.plan_elites, settings.plan_iterations,
        generator, h.device,
    )  # fmt: skip
    return to_raw(best[0], space)
