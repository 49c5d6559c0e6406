"""The dream of Take Cover against the bare matrix products of its shapes, on one core."""

import itertools

import numpy as np
import torch

from benchmarks.measure import Result, compare
from benchmarks.models import build, candidates
from world_models.dream.engine import Dream
from world_models.play.loop import DreamArena

SLOTS, STEPS = 64, 200


def dream(fast: bool = True) -> Result:
    """Compare steps a second: LSTM, mixture, controllers, sampling, ends, refilled slots.

    The products are float32 in any case; `fast` dreams as candidates are ranked, else as scores are
    made.
    """
    torch.set_num_threads(1)
    task, _, memory, initial, policy = build("take_cover")
    arena = DreamArena(task, Dream(memory, initial, 1.15, SLOTS, 2100, task, fast), policy)
    rows, seeds = torch.from_numpy(candidates(policy, SLOTS)), itertools.count()
    arena.start(range(SLOTS), [next(seeds) for _ in range(SLOTS)], rows)

    def ours() -> int:
        for _ in range(STEPS):
            _, ends = arena.step(range(SLOTS))
            over = np.flatnonzero(ends).tolist()
            if over:
                arena.start(over, [next(seeds) for _ in over], rows[over])
        return STEPS * SLOTS

    x = torch.randn(SLOTS, memory.weight_ih.shape[1] + memory.hidden_size)
    h, features = torch.randn(SLOTS, memory.hidden_size), torch.randn(SLOTS, policy.features, 1)
    gates = torch.cat([memory.weight_ih, memory.weight_hh], dim=1).t().contiguous()
    output = memory.output.weight.t().contiguous()
    weights = rows.view(SLOTS, 1, policy.features)

    @torch.inference_mode()
    def products() -> int:
        for _ in range(STEPS):
            torch.mm(x, gates)
            torch.mm(h, output)
            torch.bmm(weights, features)
        return STEPS * SLOTS

    return compare("dream", ours, products, rounds=7)
