"""Untrained models of the paper's sizes: speed doesn't depend on what they have learnt."""

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.policies import Policy, get_policy
from world_models.memory.model import Initial, Memory
from world_models.settings import Settings
from world_models.tasks import get_task
from world_models.tasks.contract import Task
from world_models.vision.model import Vision


def build(name: str) -> tuple[Task, Vision, Memory, Initial, Policy]:
    """Return a task with V, M, beginnings of dreams and the policy that sees M's state."""
    task, settings = get_task(name), getattr(Settings(), name)
    torch.manual_seed(0)
    latent, hidden = settings.vision.latent_size, settings.memory.hidden_size
    vision = Vision(latent).eval().requires_grad_(False)
    memory = Memory(
        latent, task.action_size, hidden, settings.memory.mixtures,
        task.predicts_death, task.predicts_reward, task.sees_restart,
    ).eval().requires_grad_(False)  # fmt: skip
    if task.predicts_death:
        memory.output.bias[-1] = -5  # deaths are rare, as in a trained M
    initial = Initial(torch.randn(100, latent), torch.zeros(100, latent))
    return task, vision, memory, initial, get_policy("z_h", task, latent, hidden)


def candidates(policy: Policy, count: int) -> NDArray[np.float32]:
    """Return some controllers."""
    drawn = np.random.default_rng(0).normal(0, 0.1, size=(count, policy.parameters))
    return drawn.astype(np.float32)
