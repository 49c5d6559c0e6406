"""Checkpoints: safetensors for the numbers, JSON beside them for what they are.

`NAME.safetensors` holds the tensors, `NAME.json` the kind, the task, the settings and the digest
of the tensors. Nothing is pickled, and loading runs no code.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from world_models.errors import WorldModelsError
from world_models.files import atomic, digest, read_json, write_json


def save(path: Path, kind: str, task: str, tensors: dict[str, torch.Tensor], **about: Any) -> None:
    """Write `path` (…safetensors) and the JSON beside it, both atomically.

    Args:
        path: where; the name must end in .safetensors.
        kind: "vision", "memory" or "controller".
        task: the task that the tensors were trained for.
        tensors: name to tensor; moved to the CPU.
        about: further facts for the JSON (settings, sizes, scores).
    """
    with atomic(path) as temporary:
        save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, temporary)
    facts = {"kind": kind, "task": task, "format": 1, "sha256": digest(path), **about}
    write_json(path.with_suffix(".json"), facts)


def read(path: Path, kind: str, task: str | None) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return a checkpoint's tensors and its description, checked against each other.

    Raises:
        WorldModelsError: a file missing, empty, truncated or altered; another kind or task;
            a value that is not finite.
    """
    about = read_json(path.with_suffix(".json"), kind, task)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WorldModelsError(f"{path}: not readable ({error.strerror}); make it anew") from error
    if digest(path) != about.get("sha256"):
        raise WorldModelsError(
            f"{path}: content differs from the digest in {path.stem}.json (truncated or altered); "
            "fetch or train it anew"
        )
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise WorldModelsError(f"{path}: not safetensors ({error}); make it anew") from error
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise WorldModelsError(f"{path}: {name} has values that are not finite; train it anew")
    return tensors, about


def load_into(module: torch.nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Copy tensors into a module whose parameters have exactly these names and shapes.

    Raises:
        WorldModelsError: names or shapes differ, e.g. another latent size.
    """
    try:
        module.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        cause = " ".join(str(error).split())
        raise WorldModelsError(f"{path}: does not fit the model ({cause})") from error
