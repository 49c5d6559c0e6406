"""The dream of Take Cover against bare matrix products of the same shapes, on one core."""

import torch

from benchmarks.measure import Result, compare
from benchmarks.models import build, candidates, in_a_dream, step_forever

SLOTS, STEPS = 64, 200


def dream(fast: bool = True) -> Result:
    """Compare steps per second: LSTM, mixture, controllers, sampling, ends, refilled slots.

    The products are always float32. `fast` dreams as for ranking candidates, otherwise as for
    scores.
    """
    torch.set_num_threads(1)
    built = build("take_cover")
    _, _, memory, _, policy = built
    rows = torch.from_numpy(candidates(policy, SLOTS))
    step = step_forever(*in_a_dream(built, SLOTS, 1.15, fast))

    def ours() -> int:
        return sum(step() for _ in range(STEPS))

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
