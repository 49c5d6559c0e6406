"""Fitness in the real environment: our batched agent against the usual loop, on one core."""

import itertools
import os

import torch
from torch import nn

from benchmarks.measure import Result, compare
from benchmarks.models import build, candidates, in_reality, step_forever
from world_models.tasks import get_task
from world_models.tasks.car_racing.settings import CarRacingEnvironment
from world_models.tasks.take_cover.settings import TakeCoverEnvironment

SLOTS = 64
FAST = {
    "car_racing": CarRacingEnvironment(),
    "take_cover": TakeCoverEnvironment(resolution="160x120"),
}
USUAL = {
    "car_racing": CarRacingEnvironment(),
    "take_cover": TakeCoverEnvironment(resolution="640x480"),
}


def rollout(name: str) -> Result:
    """Compare steps per second with V, M and C acting; environments are started beforehand.

    The baseline is the loop of the known reproductions: one environment, batch 1, PyTorch's own
    modules on one thread, no shortcuts.
    """
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    built = build(name)
    task, vision, memory, _, policy = built
    slots = SLOTS if name == "car_racing" else SLOTS // 2  # a Doom engine takes 100 MB
    environments = get_task(name, FAST[name]).make_training(slots)
    step = step_forever(in_reality(built, slots, fast=True), environments)
    seeds = itertools.count()

    def ours() -> int:
        return sum(step() for _ in range(40))

    environment = get_task(name, USUAL[name]).make_environment()
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
        environments.close()
        environment.close()
