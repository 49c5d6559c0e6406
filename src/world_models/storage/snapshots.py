"""Snapshots of a training, from which it continues after being killed.

A snapshot is one safetensors file, replaced atomically: the model, Adam's moments, and facts (step,
curve) as JSON in its header. No random state is kept: the noise and the order of a step derive
from the run's seed and the step's number, so a resumed training equals an uninterrupted one bit for
bit. The last snapshot stays when the training has ended. If it were removed, a kill just before the
workflow records the end would cost the whole training.
"""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from world_models.stage.log import LOG
from world_models.storage.checkpoints import check_finite, write_tensors

Tensors = dict[str, torch.Tensor]


class Snapshots:
    """The snapshots of one training.

    Args:
        folder: where to keep them; None keeps none. It must be no output of a Snakemake rule.
        fingerprint: what the training depends on: settings, digests of its data and its code. A
            snapshot with another fingerprint is ignored.
        seconds: the shortest time between two snapshots.
    """

    def __init__(self, folder: Path | None, fingerprint: dict[str, Any], seconds: float) -> None:
        self.path = folder / "snapshot.safetensors" if folder else None
        self.fingerprint = json.dumps(fingerprint, sort_keys=True)
        self.seconds = seconds
        self.last = time.monotonic()

    def load(self) -> tuple[Tensors, dict[str, Any]] | None:
        """Return the tensors and facts to continue from, or None to start from scratch."""
        if self.path is None or not self.path.is_file():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                header = file.metadata() or {}
                if header.get("fingerprint") != self.fingerprint:
                    LOG.info("%s: settings or data have changed; starting anew", self.path)
                    return None
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if _digest(tensors, header["facts"]) != header["digest"]:
                raise ValueError("content differs from its digest")
        except (SafetensorError, OSError, ValueError, KeyError) as error:
            LOG.warning("%s: not readable (%s); starting anew", self.path, error)
            return None
        LOG.info("%s: continuing from it", self.path)
        return tensors, json.loads(header["facts"])

    def due(self) -> bool:
        """Say whether it is time for a snapshot."""
        return self.path is not None and time.monotonic() - self.last >= self.seconds

    def save(self, tensors: Tensors, facts: dict[str, Any]) -> None:
        """Replace the snapshot.

        Raises:
            WorldModelsError: a value is not finite, or the disk is full; the last one stays.
        """
        if self.path is None:
            return
        check_finite(tensors, f"{self.path}: not replaced after step {facts['step']}")
        text = json.dumps(facts)
        header = {"fingerprint": self.fingerprint, "facts": text, "digest": _digest(tensors, text)}
        write_tensors(self.path, tensors, header)
        self.last = time.monotonic()


def _digest(tensors: Tensors, facts: str) -> str:
    whole = hashlib.sha256(facts.encode())
    for name in sorted(tensors):
        whole.update(name.encode())
        flat = tensors[name].detach().cpu().contiguous().reshape(-1)
        whole.update(flat.view(torch.uint8).numpy().tobytes())
    return whole.hexdigest()


def training_tensors(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Tensors:
    """Return the model's and the optimizer's tensors under distinct names."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for number, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"optimizer.{number}.{name}"] = torch.as_tensor(value)
    return tensors


def restore_training(
    tensors: Tensors, model: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    """Load tensors from `training_tensors` into the model and the optimizer."""
    parts: dict[str, Tensors] = {"model": {}, "optimizer": {}}
    for name, tensor in tensors.items():
        part, rest = name.split(".", 1)
        if part in parts:
            parts[part][rest] = tensor
    model.load_state_dict(parts["model"])
    state: dict[int, Tensors] = {}
    for name, tensor in parts["optimizer"].items():
        number, key = name.split(".", 1)
        state.setdefault(int(number), {})[key] = tensor
    whole = optimizer.state_dict()
    whole["state"] = state
    optimizer.load_state_dict(whole)
