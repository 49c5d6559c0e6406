"""The checkpoint of an RSSM and its agent."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.section import parse
from world_models.storage import checkpoints
from world_models.successors.actions import action_space
from world_models.successors.rssm.agent import Agent
from world_models.successors.rssm.presets import PRESETS
from world_models.tasks.contract import Task

KIND = "rssm"
FRAMES = "first_frames"
UNUSED = ("behaviour.slow_critic.", "behaviour.spread.", "updates")  # after training


def save(
    path: Path, task: str, agent: Agent, first_frames: NDArray[np.uint8], **about: Any
) -> None:
    """Write an agent, and recorded first frames, (k, 64, 64, 3), that its dreams start from."""
    tensors = {
        name: tensor for name, tensor in agent.state_dict().items() if not name.startswith(UNUSED)
    }
    tensors[FRAMES] = torch.from_numpy(first_frames).float()
    checkpoints.save(path, KIND, task, tensors, settings=agent.settings.model_dump(), **about)


def load(path: Path, task: Task) -> tuple[Agent, NDArray[np.uint8], dict[str, Any]]:
    """Return a trained agent, the first frames of dreams, and its description.

    Raises:
        WorldModelsError: the file is missing, damaged, or of another kind, task or size.
    """
    tensors, about = checkpoints.read(path, KIND, task.name)
    try:
        preset = PRESETS[about["preset"]]
        settings = parse(preset, about["settings"], f"{path}: settings")
        frames = tensors.pop(FRAMES).to(torch.uint8).numpy()
    except (KeyError, TypeError) as error:
        raise checkpoints.incomplete(path, error) from error
    agent = Agent(settings, action_space(task, settings.choices, f"{path}: choices"))
    known = agent.state_dict()
    for name in known:
        if name.startswith(UNUSED):
            tensors[name] = known[name]
    if agent.space.action_size != about.get("action_size"):
        raise WorldModelsError(
            f"{path}: takes actions of length {about.get('action_size')}, but {task.name}'s have "
            f"length {agent.space.action_size}; retrain it"
        )
    checkpoints.load_into(agent, tensors, path)
    return agent.eval().requires_grad_(False), frames, about
