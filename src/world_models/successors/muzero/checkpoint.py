"""The checkpoint of MuZero's agent: the network that plays."""

from pathlib import Path
from typing import Any

from world_models.errors import WorldModelsError
from world_models.section import parse
from world_models.storage import checkpoints
from world_models.successors.actions import ActionSpace, action_space
from world_models.successors.muzero.agent import Agent
from world_models.successors.muzero.settings import MuzeroSettings
from world_models.tasks.contract import Task

KIND = "muzero"


def choices_of(task: Task, settings: MuzeroSettings, key: str) -> ActionSpace:
    """Return the actions that MuZero chooses from.

    Raises:
        WorldModelsError: there are none to choose from, or they don't fit the task.
    """
    space = action_space(task, settings.choices, key)
    if not space.discrete:
        raise WorldModelsError(
            f"{key}: missing; MuZero needs discrete actions, but {task.name}'s are continuous: "
            "list some choices"
        )
    return space


def save(path: Path, task: str, agent: Agent, **about: Any) -> None:
    """Write an agent's network."""
    tensors = agent.network.state_dict()
    checkpoints.save(path, KIND, task, tensors, settings=agent.settings.model_dump(), **about)


def load(path: Path, task: Task) -> Agent:
    """Return a trained agent.

    Raises:
        WorldModelsError: the file is missing, damaged, or of another kind, task or size.
    """
    tensors, about = checkpoints.read(path, KIND, task.name)
    try:
        settings = parse(MuzeroSettings, about["settings"], f"{path}: settings")
    except (KeyError, TypeError) as error:
        raise checkpoints.incomplete(path, error) from error
    agent = Agent(settings, choices_of(task, settings, f"{path}: choices"))
    checkpoints.load_into(agent.network, tensors, path)
    agent.copy()
    return agent.eval().requires_grad_(False)
