"""A controller's checkpoint."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models import checkpoints

KIND = "controller"


def save(path: Path, task: str, parameters: NDArray[np.float32], **about: Any) -> None:
    """Write a controller, (parameters,), and what it was evolved by, for and with."""
    tensors = {"parameters": torch.from_numpy(parameters)}
    checkpoints.save(path, KIND, task, tensors, parameters=len(parameters), **about)


def load(path: Path, task: str) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Return a controller's parameters and its description.

    Raises:
        WorldModelsError: missing, damaged, or of another kind or task.
    """
    tensors, about = checkpoints.read(path, KIND, task)
    try:
        _ = about["models"].items(), str(about["variant"]), float(about["temperature"] or 1)
        return tensors["parameters"].numpy(), about
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise checkpoints.incomplete(path, error) from error
