"""A controller's checkpoint."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.storage import checkpoints
from world_models.storage.files import digest

KIND = "controller"


def save(path: Path, task: str, parameters: NDArray[np.float32], **about: Any) -> None:
    """Write a controller, (parameters,), and a description of how it was evolved."""
    tensors = {"parameters": torch.from_numpy(parameters)}
    checkpoints.save(path, KIND, task, tensors, parameters=len(parameters), **about)


def load(path: Path, task: str) -> tuple[NDArray[np.float32], dict[str, Any]]:
    """Return a controller's parameters and its description.

    Raises:
        WorldModelsError: the checkpoint is missing, damaged, or of another kind or task.
    """
    tensors, about = checkpoints.read(path, KIND, task)
    try:
        _ = about["models"].items(), str(about["variant"]), float(about["temperature"] or 1)
        _ = bool(about["settings"]["sees_cell"]), bool(about["settings"]["bias"])
        return tensors["parameters"].numpy(), about
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise checkpoints.incomplete(path, error) from error


def check_models(controller: Path, about: dict[str, Any], models: dict[str, Path | None]) -> None:
    """Reject a V or M that a controller (with the description `about`) was not evolved with."""
    for name, known in about["models"].items():
        path = models[name]
        if path is not None and digest(path) != known:
            raise WorldModelsError(
                f"{path}: not the {name} that {controller} was evolved with; use that one"
            )


def check_size(controller: Path, parameters: NDArray[np.float32], needed: int) -> None:
    """Reject a controller that does not have the `needed` number of parameters."""
    if parameters.shape != (needed,):
        raise WorldModelsError(
            f"{controller}: {parameters.size} parameters, but these V and M need {needed}; "
            "use those that it was evolved with"
        )
