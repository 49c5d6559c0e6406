"""Updates of Dreamer 3 at lab's sizes, against its bare convolutions and matrix products."""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.measure import Result, Work, compare
from world_models.settings import resolve
from world_models.successors.actions import ActionSpace
from world_models.successors.replay import Replay
from world_models.successors.rssm.agent import Agent
from world_models.successors.rssm.learner import RssmLearner

PRODUCTS = ("convolution", "convolution_backward", "mm", "addmm", "bmm", "baddbmm")
ROWS = 2000
SCALE = "lab"


class Products(TorchDispatchMode):
    """Records the arguments of every convolution and matrix product, forward and backward."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any]] = []

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Record a product's arguments, and make the call."""
        if function.overloadpacket.__name__ in PRODUCTS:
            self.calls.append((function, args, kwargs or {}))
        return function(*args, **(kwargs or {}))


def learner(folder: Path) -> tuple[RssmLearner, Replay]:
    """Return Dreamer 3 as lab trains it on Take Cover, and a replay of noise."""
    config = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))
    settings = resolve(config, SCALE).tasks["take_cover"].dreamer_3
    torch.set_num_threads(settings.threads)
    assert settings.choices is not None
    space = ActionSpace(-torch.ones(1), torch.ones(1), torch.tensor(settings.choices))
    agent = Agent(settings, space)
    agent.initialise(torch.Generator().manual_seed(0))
    dreamer, rng = RssmLearner(agent), np.random.default_rng(0)
    replay = Replay(folder, dreamer.columns, ROWS)
    replay.add({
        "frames": rng.integers(0, 256, (ROWS, 64, 64, 3), dtype=np.uint8),
        "actions": rng.choice([-1.0, 0.0, 1.0], (ROWS, 1)).astype(np.float32),
        "rewards": np.ones(ROWS, dtype=np.float32),
        "flags": (rng.random(ROWS) < 0.01).astype(np.uint8),
    })  # fmt: skip
    return dreamer, replay


def rssm(updates: int = 1) -> Result:
    """Compare updates per second; print on stderr where the time goes."""
    with tempfile.TemporaryDirectory() as name:
        dreamer, replay = learner(Path(name))
        dreamer.update(replay, 0)
        with Products() as products:
            dreamer.update(replay, 1)

        def ours() -> int:
            for number in range(updates):
                dreamer.update(replay, number)
            return updates

        found = compare("rssm", ours, bare(products, updates))
        tell(dreamer, replay)
    return found


def bare(products: Products, updates: int) -> Work:
    """Return work that computes the same products of the same tensors, and nothing else."""

    def work() -> int:
        with torch.no_grad():
            for _ in range(updates):
                for function, args, kwargs in products.calls:
                    function(*args, **kwargs)
        return updates

    return work


def tell(dreamer: RssmLearner, replay: Replay) -> None:
    """Print the shares of an update's time by kind of operation."""
    kinds = {
        "convolutions": ("conv",),
        "matrix products": ("mm", "bmm", "linear"),
        "norms": ("norm",),
        "activations": ("silu", "elu", "relu", "tanh", "sigmoid", "softmax", "exp", "log"),
        "copies": ("copy", "cat", "stack", "contiguous", "clone", "zero", "fill", "index"),
    }
    start = time.perf_counter()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as seen:
        dreamer.update(replay, 1)
    whole, shares = 1e6 * (time.perf_counter() - start), Counter[str]()
    for event in seen.key_averages():
        if event.key.startswith("aten::"):
            called = event.key.removeprefix("aten::")
            kind = next((k for k, v in kinds.items() if any(e in called for e in v)), "other sums")
            shares[kind] += event.self_cpu_time_total
    shares["Python and autograd"] = int(whole - sum(shares.values()))
    for kind, spent in shares.most_common():
        print(f"{kind}: {spent / whole:.0%}", file=sys.stderr)
