"""The device that computes: CPU or GPU."""

import torch

from world_models.errors import WorldModelsError


def choose(name: str) -> torch.device:
    """Return the device of that name; "auto" is CUDA if there is a device, else the CPU.

    Raises:
        WorldModelsError: CUDA is requested but absent.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise WorldModelsError(f"device {name}: no CUDA device here; use cpu")
    return torch.device(name)
