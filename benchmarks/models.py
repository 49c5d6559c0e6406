"""Untrained models of the paper's sizes: speed doesn't depend on what they have learnt."""

import itertools
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.agent import Agent, ControllerActor, DreamAgent
from world_models.controller.policies import Policy, get_policy
from world_models.dream.engine import Dream
from world_models.memory.model import Initial, Memory
from world_models.play.episodes import Assignment
from world_models.settings import Settings
from world_models.tasks import get_task
from world_models.tasks.contract import Task, VectorEnvironment
from world_models.vision.model import Vision
from world_models.world_model.vision_memory import VisionMemory


def build(name: str) -> tuple[Task, Vision, Memory, Initial, Policy]:
    """Return a task with V, M, initial latents of dreams and the policy that sees M's state."""
    task, settings = get_task(name), Settings().tasks[name]
    torch.manual_seed(0)
    latent, hidden = settings.vision.latent_size, settings.memory.hidden_size
    vision = Vision(latent).eval().requires_grad_(False)
    memory = Memory(
        latent, task.action_size, hidden, settings.memory.mixtures,
        settings.memory.predicts_death, settings.memory.predicts_reward,
        settings.memory.sees_restart,
    ).eval().requires_grad_(False)  # fmt: skip
    if memory.predicts_death:
        memory.output.bias[-1] = -5  # deaths are rare, as in a trained M
    initial = Initial(torch.randn(100, latent), torch.zeros(100, latent))
    chosen = settings.controller
    sizes = (task.action_size, latent, hidden, chosen.sees_cell, chosen.bias)
    return task, vision, memory, initial, get_policy("z_h", *sizes)


def in_reality(
    built: tuple[Task, Vision, Memory, Initial, Policy], slots: int, fast: bool
) -> Agent:
    """Return an agent for the real environment, with a different controller in each slot."""
    task, vision, memory, _, policy = built
    agent = Agent(VisionMemory(vision, memory, None, slots, fast), policy, task.squash)
    agent.candidates = candidates(policy, slots)
    return agent


def in_a_dream(
    built: tuple[Task, Vision, Memory, Initial, Policy], slots: int, temperature: float, fast: bool
) -> tuple[DreamAgent, Dream]:
    """Return an agent with a different controller in each slot, and the dream it acts in."""
    task, _, memory, initial, policy = built
    model = VisionMemory(None, memory, initial, slots, fast)
    agent = DreamAgent(model, policy, task.squash)
    agent.candidates = candidates(policy, slots)
    return agent, Dream(model, temperature, 2100)


def step_forever(actor: ControllerActor, environments: VectorEnvironment) -> Callable[[], int]:
    """Start an episode in each slot; return a function that steps all and returns the count.

    When an episode ends, another with the same controller begins.
    """
    slots, seeds = list(range(environments.slots)), itertools.count()

    def start(some: list[int]) -> None:
        chosen = [Assignment(slot, next(seeds)) for slot in some]
        actor.start(some, chosen)
        environments.start(some, [each.seed for each in chosen])

    def step() -> int:
        _, ends = environments.step(slots, actor.act(environments.observations, slots))
        if ends.any():
            start(np.flatnonzero(ends).tolist())
        return len(slots)

    start(slots)
    return step


def candidates(policy: Policy, count: int) -> NDArray[np.float32]:
    """Return random controllers, float32 (count, parameters)."""
    drawn = np.random.default_rng(0).normal(0, 0.1, size=(count, policy.parameters))
    return drawn.astype(np.float32)
