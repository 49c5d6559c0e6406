"""Environments around trained models: the dream of V and M, and the real game seen through them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.dream.environment import Decode, DreamEnvironment
from world_models.dream.vector import DreamVectorEnvironment
from world_models.environments.seen import SeenEnvironment
from world_models.errors import WorldModelsError
from world_models.memory import model as memory_model
from world_models.provenance.plan import Plan
from world_models.section import Section
from world_models.storage.files import digest
from world_models.storage.yaml_file import read_config
from world_models.tasks import get_kind, get_task
from world_models.tasks.contract import Task
from world_models.vision import model as vision_model
from world_models.vision.model import Vision, to_frames
from world_models.world_model.vision_memory import VisionMemory

PUBLISHED = Path(__file__).resolve().parents[3] / "results" / "lab"  # in a clone


class Trained(NamedTuple):
    """A task, its V, its world model (V and M), V's decoder, and what the paper's C sees."""

    task: Task
    vision: Vision
    model: VisionMemory
    decode: Decode
    sees: Sequence[str]


def load(name: str, models: str | Path | None, slots: int) -> Trained:
    """Load a task's V and M.

    Args:
        name: the task's.
        models: a scale's folder, e.g. results/paper; None means the published models.
        slots: episodes side by side.

    Raises:
        WorldModelsError: a model is missing or damaged, or M was not trained with this V.
    """
    scale = PUBLISHED if models is None else Path(models)
    folder = scale / name
    if not folder.is_dir():
        raise WorldModelsError(
            f"{folder}: missing; give models=, a folder like results/lab (a clone has one)"
        )
    paths = [folder / kind / "model.safetensors" for kind in ("vision", "memory")]
    vision, _ = vision_model.load(paths[0], name)
    memory, initial, about = memory_model.load(paths[1], name)
    if about.get("vision") != digest(paths[0]):
        raise WorldModelsError(f"{paths[1]}: was not trained on the latents of {paths[0]}")

    @torch.inference_mode()
    def decode(z: torch.Tensor) -> NDArray[np.uint8]:
        return to_frames(vision.decode(z.cpu()))

    task = get_task(name, environment_of(scale, name))
    cell = get_kind(task.kind).defaults.get("controller", {}).get("sees_cell", False)
    sees = ("z", "c", "h") if cell else ("z", "h")
    model = VisionMemory(vision, memory, initial, slots)
    return Trained(task, vision, model, decode, sees)


def environment_of(folder: Path, name: str) -> Section | Mapping[str, Any]:
    """Return a task's section `environment` at a scale, from the config.yaml above its folder.

    Args:
        folder: the scale's. If no config.yaml above it lists the folder and the task, the section
            is empty.
        name: the task's.

    Raises:
        WorldModelsError: a setting in config.yaml is invalid.
    """
    for above in folder.resolve().parents:
        if (above / "config.yaml").is_file():
            settings = Plan(read_config(above / "config.yaml")).settings
            root = folder.resolve().relative_to(above).as_posix()
            if root in settings and name in settings[root].tasks:
                return settings[root].tasks[name].environment
    return {}


def make_dream(
    task: str,
    temperature: float = 1.0,
    sees: Sequence[str] | None = None,
    models: str | Path | None = None,
    max_steps: int | None = None,
    render_mode: str | None = None,
) -> DreamEnvironment:
    """Return the dream of a task, one episode at a time.

    Args:
        task: "car_racing", "take_cover", or a task of your own. models: see `load`.
        temperature: τ > 0. render_mode: see `DreamEnvironment`.
        sees: see `DreamEnvironment`; None means what the paper's controllers see.
        max_steps: the time limit; None means the task's.

    Raises:
        WorldModelsError: as for `load` and `DreamEnvironment`.
    """
    found = load(task, models, 1)
    limit = max_steps or found.task.max_steps
    return DreamEnvironment(
        found.model, temperature, limit, found.task, sees or found.sees, found.decode, render_mode
    )


def make_dreams(
    task: str,
    num_envs: int = 1,
    temperature: float = 1.0,
    sees: Sequence[str] | None = None,
    models: str | Path | None = None,
    max_steps: int | None = None,
    render_mode: str | None = None,
) -> DreamVectorEnvironment:
    """Return `num_envs` dreams of a task, computed together; see `make_dream`."""
    found = load(task, models, num_envs)
    limit = max_steps or found.task.max_steps
    return DreamVectorEnvironment(
        found.model, temperature, limit, found.task, sees or found.sees, found.decode, render_mode
    )


def make_seen(
    task: str,
    sees: Sequence[str] | None = None,
    models: str | Path | None = None,
    render_mode: str | None = None,
) -> SeenEnvironment:
    """Return the real game of a task, with observations as in its dream; see `make_dream`."""
    found = load(task, models, 1)
    return SeenEnvironment(found.model, found.task, sees or found.sees, render_mode)
