"""Small artifacts of every kind, made by the project's own code."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from world_models.controller import checkpoint as controller
from world_models.controller.fitness_log import FitnessLog
from world_models.controller.generations import Evolution, evolve
from world_models.controller.settings import ControllerSettings
from world_models.evaluation.rows import rows_csv
from world_models.memory.model import Initial, Memory
from world_models.memory.model import save as save_memory
from world_models.play.episodes import Episode
from world_models.rollouts.store import write_store
from world_models.storage import checkpoints
from world_models.storage.files import digest
from world_models.tasks.contract import End
from world_models.vision.model import KIND as VISION
from world_models.vision.model import Vision

TASK, OTHER = "take_cover", "car_racing"
SEARCH = ControllerSettings(population=4, generations=6, validation_every=2)


def make(folder: Path, task: str = TASK, latent: int = 4, seed: int = 0) -> Path:
    """Write one artifact of each kind to a folder; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    common = {
        "actions": rng.normal(size=(9, 1)).astype(np.float32),
        "rewards": np.ones(9, dtype=np.float32),
        "lengths": np.array([5, 4]),
        "ends": np.array([1, 2], dtype=np.uint8),
        "seeds": np.array([7, 8]),
    }
    frames = {"frames": rng.integers(0, 256, (9, 64, 64, 3), dtype=np.uint8)}
    write_store(folder / "rollouts.json", "rollouts", task, [{**frames, **common}],
                episodes=2, steps=9)  # fmt: skip
    gaussians = {
        name: rng.normal(size=(9, latent)).astype(np.float32) for name in ("mu", "log_sigma2")
    }
    write_store(folder / "latents.json", "latents", task, [{**gaussians, **common}],
                episodes=2, steps=9, latent_size=latent)  # fmt: skip
    checkpoints.save(
        folder / "vision.safetensors", VISION, task, Vision(latent).state_dict(),
        settings={"latent_size": latent},
    )  # fmt: skip
    memory = Memory(latent, 1, 6, 2, True, False, True)
    initial = Initial(torch.randn(3, latent), torch.zeros(3, latent))
    seen_by = digest(folder / "vision.safetensors")
    save_memory(folder / "memory.safetensors", task, memory, initial, vision=seen_by)
    controller.save(
        folder / "controller.safetensors", task, rng.normal(size=latent + 12).astype(np.float32),
        variant="z_h", temperature=1.15, models={}, settings={"sees_cell": True, "bias": False},
    )  # fmt: skip
    search(folder / "fitness.jsonl", latent, seed)
    episodes = [Episode(0, n, 40 + n, 40.0 + n, End.TERMINATED) for n in range(3)]
    (folder / "rows.csv").write_text(rows_csv(episodes, lambda end, _: end.name.lower()))
    settings = {"seed": 1, "scales": {"lab": {"seed": 2}}, task: {"vision": {"latent_size": 8}}}
    (folder / "config.yaml").write_text(json.dumps(settings, indent=1))
    return folder


def search(log: Path, size: int = 4, seed: int = 0) -> Evolution:
    """Run a small search, or continue it from its log."""
    evolution = Evolution(size, SEARCH, seed)

    def score(controller: np.ndarray) -> float:
        return -float(np.square(controller - 1).sum())

    evolve(evolution, lambda _, rows: [score(row) for row in rows], score, FitnessLog(log))
    return evolution


Edit = Callable[[Path], None]
"""Damages an artifact in a folder."""
