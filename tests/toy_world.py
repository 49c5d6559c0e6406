"""The toy: a world with known dynamics ("the law"), recorded and learnt by the project's stages.

The state is (x, y). An action a moves x to 0.8 x + 0.4 a and y to the old x. The reward is
1 + (x - a) / 2, and an action that would move x beyond ±0.8 kills. The frame shows a red spot at
(x, y). The toy's V reads the spot's place off the frame, so a latent is a state, to about 0.02.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from world_models.collection import behaviour as collect
from world_models.memory import train as memory_train
from world_models.memory.settings import MemorySettings
from world_models.section import Section
from world_models.tasks.behaviours import between, uniform
from world_models.tasks.contract import End, Environment, SyncVectorEnvironment, Task
from world_models.vision import encode

BOUND = 0.8
SIGMA = 0.02
MAX_STEPS = 40
REACH = 1.2  # range of the recorded actions: enough to die within ten steps or so
PIXELS = 28.0  # offset from the middle of the frame per unit of the state


def law(state: NDArray[Any], action: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the next state, (..., 2), and reward, (...), for state (..., 2) and action (...)."""
    x = state[..., 0]
    return np.stack([0.8 * x + 0.4 * action, x], axis=-1), 1 + (x - action) / 2


def draw(state: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the frame of a state: x to the right, y downwards."""
    pixels = np.arange(64) - 31.5
    across, down = (np.exp(-np.square((pixels - PIXELS * s) / 3) / 2) for s in state)
    frame = np.zeros((64, 64, 3), dtype=np.uint8)
    frame[:, :, 0] = np.round(255 * down[:, None] * across[None, :])
    return frame


class ToySettings(Section):
    """The toy's settings: only the time limit, which dreams need."""

    max_steps: int = MAX_STEPS


class ToyWorld(Environment):
    """The toy as an environment. Tests may set `state` to begin elsewhere."""

    def __init__(self) -> None:
        self.state, self.steps = np.zeros(2), 0

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Start near the middle."""
        self.state, self.steps = np.random.default_rng(seed).uniform(-0.5, 0.5, 2), 0
        return draw(self.state)

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Apply the law. At a death the frame stays the same."""
        after, reward = law(self.state, action[0])
        self.steps += 1
        if abs(after[0]) > BOUND:
            return draw(self.state), float(reward), End.TERMINATED
        self.state = after
        end = End.TRUNCATED if self.steps >= MAX_STEPS else End.NONE
        return draw(self.state), float(reward), end

    def close(self) -> None:
        """Do nothing; no resources are held."""


class ToyVision(nn.Module):
    """Reads the spot's place from the red channel; stands in for `vision.model.Vision`."""

    latent_size = 2

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return μ and log σ², each (N, 2), for images (N, 3, 64, 64) in 0..1."""
        red = images[:, 0]
        pixels = torch.arange(64) - 31.5
        whole = red.sum(dim=(1, 2))
        across, down = (red.sum(dim=axis) @ pixels / whole for axis in (1, 2))
        mu = torch.stack([across, down], dim=1) / PIXELS
        return mu, torch.full_like(mu, 2 * np.log(SIGMA))


TOY = Task(
    name="toy",
    kind="toy",
    environment=ToySettings(),
    title="Toy",
    score="score",
    steps_per_second=10,
    action_size=1,
    max_steps=MAX_STEPS,
    squash=lambda raw: raw.tanh(),
    behaviours={"uniform": uniform(between((-REACH,), (REACH,)))},
    random_behaviour="uniform",
    open_loop={"still": lambda t: (0.0,)},
    open_loop_labels={"still": "standing still"},
    example_actions={"pushes": (1.0,)},
    ends=lambda end, _: "left" if end == End.TERMINATED else "time limit",
    make_environment=ToyWorld,
    make_training=lambda slots: SyncVectorEnvironment([ToyWorld() for _ in range(slots)]),
)


def get_toy(name: str, environment: object = None) -> Task:
    """Stand in for `tasks.get_task`."""
    return TOY


MEMORY = MemorySettings(
    hidden_size=24,
    mixtures=2,
    predicts_death=True,
    predicts_reward=True,
    sees_restart=True,
    epochs=16,
    batch_size=64,
    sequence_length=10,
    learning_rate=0.02,
    death_weight=5.0,  # deaths are rare, and learnt last
    threads=1,
)


def record(folder: Path, episodes: int = 500) -> tuple[Path, Path]:
    """Record and encode episodes with the project's own stages.

    Returns:
        the manifests of the latents: training and held-out.
    """
    manifests = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collect, "get_task", get_toy)
        patch.setattr(encode, "load", lambda path, task: (ToyVision(), {"sha256": "toy"}))
        for shard, count in enumerate((episodes, 60)):
            rollouts, latents = (
                folder / f"{kind}/{shard}.json" for kind in ("rollouts", "latents")
            )
            where = ["--task", "toy", "--log", str(folder / "log")]
            collect.main(
                [*where, "--environment", "{}", "--shard", str(shard), "--manifest", str(rollouts),
                 "--first", str(shard * episodes), "--episodes", str(count),
                 "--settings", json.dumps({"behaviour": "uniform"})]
            )  # fmt: skip
            encode.main(
                [*where, "--vision", "toy", "--rollouts", str(rollouts), "--manifest", str(latents),
                 "--device", "cpu"]
            )  # fmt: skip
            manifests.append(latents)
    return manifests[0], manifests[1]


def train(folder: Path, latents: Path, held_out: Path, seed: int = 1) -> Path:
    """Train M with the project's own stage; return its checkpoint (metrics.json is beside it)."""
    names = ("model.safetensors", "curve.csv", "metrics.json")
    output, curve, metrics = (folder / name for name in names)
    memory_train.main([
        "--task", "toy", "--seed", str(seed), "--settings", MEMORY.model_dump_json(),
        "--latents", str(latents), "--held-out", str(held_out), "--device", "cpu",
        "--output", str(output), "--curve", str(curve), "--metrics", str(metrics),
        "--log", str(folder / "log"),
    ])  # fmt: skip
    return output
