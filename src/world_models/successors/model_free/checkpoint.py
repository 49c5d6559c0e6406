"""The checkpoint of PPO's policy."""

from pathlib import Path
from typing import Any

import torch

from world_models.section import parse
from world_models.storage import checkpoints
from world_models.successors.actions import ActionSpace, action_space
from world_models.successors.model_free.agent import Policy, make_ppo
from world_models.successors.model_free.settings import PpoSettings
from world_models.tasks.contract import Task

KIND = "ppo"


def save(path: Path, task: str, policy: Policy, settings: PpoSettings, **about: Any) -> None:
    """Write a policy."""
    checkpoints.save(path, KIND, task, policy.state_dict(), settings=settings.model_dump(), **about)


def load(path: Path, task: Task) -> tuple[Policy, PpoSettings, ActionSpace]:
    """Return a trained policy, its settings, and its action space.

    Raises:
        WorldModelsError: the file is missing, damaged, or of another kind, task or size.
    """
    tensors, about = checkpoints.read(path, KIND, task.name)
    try:
        settings = parse(PpoSettings, about["settings"], f"{path}: settings")
        space = action_space(task, settings.choices, f"{path}: choices")
    except (KeyError, TypeError) as error:
        raise checkpoints.incomplete(path, error) from error
    policy = make_ppo(settings, space, torch.device("cpu")).policy
    assert isinstance(policy, Policy)
    checkpoints.load_into(policy, tensors, path)
    policy.requires_grad_(False)
    policy.set_training_mode(False)
    return policy, settings, space
