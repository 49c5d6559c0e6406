"""Sizes with which PPO learns the echo within seconds."""

from typing import Any

from world_models.successors.model_free.settings import PpoSettings

SMALL: dict[str, Any] = {
    "steps": 4000, "action_repeat": 1, "slots": 8, "threads": 1, "round_rows": 128,
    "batch_size": 32, "epochs": 6, "history": 2, "feature_size": 32, "clip_range": 0.2,
    "discount": 0.9, "learning_rate": 1e-3, "decays": False,
}  # fmt: skip


def small(**changes: Any) -> PpoSettings:
    """Return the small settings with changes."""
    return PpoSettings(**{**SMALL, **changes})
