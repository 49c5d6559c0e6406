"""Hand-made stores of latents; each number identifies its episode and row."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.rollouts.store import write_store
from world_models.tasks.contract import End


def episode(number: int, length: int, end: End, size: int = 2, actions: int = 1) -> dict[str, Any]:
    """Return an episode. In row t, μ is m = 100 number + t, action m + 0.25, reward m + 0.5."""
    mark = (100 * number + np.arange(length)).astype(np.float32)

    def wide(columns: int) -> NDArray[np.float32]:
        return np.repeat(mark[:, None], columns, axis=1)

    return {
        "mu": wide(size),
        "log_sigma2": np.full((length, size), -60, dtype=np.float32),
        "actions": wide(actions) + np.float32(0.25),
        "rewards": mark + np.float32(0.5),
        "lengths": np.array([length], dtype=np.int64),
        "ends": np.array([end], dtype=np.uint8),
        "seeds": np.array([number], dtype=np.int64),
    }


def random_episode(rng: np.random.Generator, length: int, end: End) -> dict[str, Any]:
    """Return an episode of small random numbers, for a brief training."""
    arrays = episode(0, length, end, size=3)
    arrays["mu"] = rng.standard_normal((length, 3), dtype=np.float32)
    arrays["actions"] = rng.uniform(-1, 1, (length, 1)).astype(np.float32)
    arrays["rewards"] = np.ones(length, dtype=np.float32)
    return arrays


def store(
    manifest: Path, episodes: Sequence[dict[str, Any]], task: str = "take_cover", **facts: Any
) -> Path:
    """Write a store and its manifest, with extra facts; return the manifest's path."""
    write_store(manifest, "latents", task, episodes, **facts)
    return manifest
