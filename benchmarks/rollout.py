"""Fitness in the real environment: our batched arena against the usual loop, on one core."""

import itertools
import os

import numpy as np
import torch
from torch import nn

from benchmarks.measure import Result, compare
from benchmarks.models import build, candidates
from world_models.controller.agent import Agent
from world_models.play.loop import RealArena
from world_models.tasks.settings import CarRacingEnvironment, TakeCoverEnvironment

SLOTS = 64
FAST = {
    "car_racing": CarRacingEnvironment(),
    "take_cover": TakeCoverEnvironment(resolution="160x120"),
}
USUAL = {
    "car_racing": CarRacingEnvironment(engine="gymnasium"),
    "take_cover": TakeCoverEnvironment(resolution="640x480"),
}


def rollout(name: str) -> Result:
    """Compare steps a second with V, M and C acting; environments are started beforehand.

    The baseline is the loop of the known reproductions: one environment, batch 1, PyTorch's own
    modules on one thread, no shortcut. Both have one core: EnvPool's thread and ours take turns.
    """
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    task, vision, memory, _, policy = build(name)
    slots = SLOTS if name == "car_racing" else SLOTS // 2  # a Doom engine takes 100 MB
    arena = RealArena(
        Agent(task, vision, memory, policy, slots, fast=True),
        task.make_training(FAST[name], slots),
    )
    seeds = itertools.count()
    rows = torch.from_numpy(candidates(policy, slots))
    arena.start(range(slots), [next(seeds) for _ in range(slots)], rows)

    def ours() -> int:
        for _ in range(40):
            _, ends = arena.step(range(slots))
            over = np.flatnonzero(ends).tolist()
            if over:
                arena.start(over, [next(seeds) for _ in over], rows[over])
        return 40 * slots

    environment = task.make_environment(USUAL[name])
    cell = nn.LSTMCell(vision.latent_size + task.action_size, memory.hidden_size)
    weights = torch.from_numpy(candidates(policy, 1)[0])
    frame = environment.reset(next(seeds))
    outputs = task.action_size
    linear = nn.Linear(vision.latent_size + memory.hidden_size, outputs)
    linear.weight.data = weights[: linear.weight.numel()].view_as(linear.weight)

    @torch.inference_mode()
    def baseline() -> int:
        nonlocal frame
        h = c = torch.zeros(1, memory.hidden_size)
        for _ in range(200):
            image = torch.from_numpy(frame.copy()).permute(2, 0, 1).float()[None] / 255
            mu, log_sigma2 = vision.encode(image)
            z = mu + torch.exp(log_sigma2 / 2) * torch.randn_like(mu)
            action = task.squash(linear(torch.cat([z, h], dim=1)))
            h, c = cell(torch.cat([z, action], dim=1), (h, c))
            frame, _, end = environment.step(action[0].numpy())
            if end:
                frame = environment.reset(next(seeds))
        return 200

    try:
        return compare(f"rollout-{name.replace('_', '-')}", ours, baseline)
    finally:
        arena.close()
        environment.close()
