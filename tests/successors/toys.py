"""The echo: a task whose next frame shows the last action."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.toy_world import TOY
from world_models.successors.actions import ActionSpace
from world_models.successors.rssm.presets import PRESETS
from world_models.successors.rssm.settings import RssmSettings
from world_models.tasks.behaviours import one_of, uniform
from world_models.tasks.contract import End, Environment, SyncVectorEnvironment

REWARDS = (-1.0, 0.5, 2.0)  # for each action
MAX_STEPS = 12
SPACE = ActionSpace(torch.zeros(3), torch.ones(3), torch.eye(3))
# Sizes with which the toy is learnt within seconds; the rest is from the presets.
SMALL: dict[str, Any] = {
    "batch_size": 8, "batch_length": 8, "latent_size": 8, "recurrent_size": 32, "hidden_size": 32,
    "depth": 4, "head_units": 32, "horizon": 3, "threads": 1, "replay_rows": 4096,
    "prefill_steps": 0, "train_ratio": 16.0, "pretrain_updates": 0, "warmup_updates": 0,
    "action_repeat": 1, "slots": 2,
    "plan_candidates": 64, "plan_elites": 8, "plan_iterations": 3, "image_bits": 8,
    "predicts_continue": True, "reward_transform": "none",
}  # fmt: skip


def show(action: int) -> NDArray[np.uint8]:
    """Return an action's frame: one of three bands is lit; -1 lights none."""
    frame = np.zeros((64, 64, 3), dtype=np.uint8)
    if action >= 0:
        frame[:, 21 * action : 21 * action + 21] = 255
    return frame


class Echo(Environment):
    """Shows the last action and pays for it; the third action twice in a row is death."""

    def __init__(self) -> None:
        self.last, self.steps = -1, 0

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Start with a dark frame."""
        self.last, self.steps = -1, 0
        return show(-1)

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Return the action's frame, its reward, and how the episode ended."""
        chosen, before = int(action.argmax()), self.last
        self.last, self.steps = chosen, self.steps + 1
        end = End.TRUNCATED if self.steps >= MAX_STEPS else End.NONE
        if chosen == before == 2:
            end = End.TERMINATED
        return show(chosen), REWARDS[chosen], end

    def close(self) -> None:
        """Do nothing; no resources are held."""


def squash(raw: Tensor) -> Tensor:
    """Return one-hot actions."""
    return raw.new_zeros(raw.shape).scatter_(-1, raw.argmax(-1, keepdim=True), 1)


ECHO = replace(
    TOY,
    name="echo",
    action_size=3,
    max_steps=MAX_STEPS,
    squash=squash,
    behaviours={"uniform": uniform(one_of(3))},
    make_environment=Echo,
    make_training=lambda slots: SyncVectorEnvironment([Echo() for _ in range(slots)]),
)


def get_echo(name: str, environment: object = None) -> Any:
    """Stand in for `tasks.get_task`."""
    return ECHO


def settings_of(preset: str, **changes: Any) -> RssmSettings:
    """Return a preset with small sizes."""
    small = dict(SMALL)
    if PRESETS[preset]().latent_classes is not None:
        small["latent_classes"] = 8
    if preset == "dreamer_3":
        small |= {"depth": 4, "blocks": 4, "convolution": "strided"}
    rates = {"model_learning_rate": 3e-3, "actor_learning_rate": 1e-3, "critic_learning_rate": 1e-3}
    return PRESETS[preset](**{**small, **rates, **changes})
