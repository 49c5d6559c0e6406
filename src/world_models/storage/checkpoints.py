"""Checkpoints: safetensors for the numbers, JSON beside them for what they are.

`NAME.safetensors` holds the tensors, `NAME.json` the kind, the task, the settings and the digest
of the tensors. Nothing is pickled, and loading runs no code.

V and M are rounded to half precision as soon as they are trained, before anything is made with them
(`round_to_half`). So the published files are half as large, and hold exactly the weights behind
every latent, dream and score.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from world_models.errors import WorldModelsError
from world_models.storage.files import atomic, digest, no_room, read_json, write_json


def save(path: Path, kind: str, task: str, tensors: dict[str, torch.Tensor], **about: Any) -> None:
    """Write `path` (…safetensors) and the JSON beside it, both atomically.

    Args:
        path: where; the name must end in .safetensors.
        kind: "vision", "memory" or "controller".
        task: the task that the tensors were trained for.
        tensors: name to tensor; moved to the CPU.
        about: further facts for the JSON (settings, sizes, scores).

    Raises:
        WorldModelsError: a value is not finite, or the disk is full; nothing is written.
    """
    check_finite(tensors, f"{path}: not written")
    write_tensors(path, {name: _compact(tensor) for name, tensor in tensors.items()})
    facts = {"kind": kind, "task": task, "format": 1, "sha256": digest(path), **about}
    write_json(path.with_suffix(".json"), facts)


def read(path: Path, kind: str, task: str | None) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return a checkpoint's tensors, in float32, and its description, checked against each other.

    Raises:
        WorldModelsError: a file is missing, empty, truncated or altered, the kind or task differs,
            or a value is not finite.
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
        tensors = {name: tensor.float() for name, tensor in load(content).items()}
    except SafetensorError as error:
        raise WorldModelsError(f"{path}: not safetensors ({error}); make it anew") from error
    check_finite(tensors, str(path))
    return tensors, about


@torch.no_grad()
def round_to_half(module: torch.nn.Module) -> None:
    """Round a trained module's weights to the nearest half-precision numbers, in place."""
    for parameter in module.parameters():
        parameter.copy_(parameter.half())


def _compact(tensor: torch.Tensor) -> torch.Tensor:
    """Return the tensor in half precision where that loses nothing."""
    half = tensor.half()
    return half if torch.equal(half.to(tensor.dtype), tensor) else tensor


def incomplete(path: Path, error: Exception) -> WorldModelsError:
    """Return the error for a checkpoint whose description lacks a required entry."""
    cause = " ".join(f"{type(error).__name__}: {error}".split())
    return WorldModelsError(f"{path}: its description is incomplete ({cause}); train it anew")


def check_finite(tensors: dict[str, torch.Tensor], where: str) -> None:
    """Refuse tensors with NaN or infinity in them; `where` begins the message."""
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise WorldModelsError(
                f"{where}: {name} has values that are not finite; train it anew, with a lower "
                "learning_rate if that repeats"
            )


def write_tensors(
    path: Path, tensors: dict[str, torch.Tensor], header: dict[str, str] | None = None
) -> None:
    """Write tensors, moved to the CPU, and a header of text as one safetensors file, atomically.

    Raises:
        WorldModelsError: the disk is full.
    """
    content = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with atomic(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode  # the library makes files that only their owner may read
        try:
            save_file(content, temporary, metadata=header)
            temporary.chmod(mode)
        except SafetensorError as error:  # how this library reports a failed write
            raise no_room(path, str(error)) from error


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
