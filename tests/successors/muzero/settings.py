"""Sizes with which MuZero learns the echo within seconds."""

from typing import Any

from world_models.successors.muzero.settings import MuzeroSettings

SMALL: dict[str, Any] = {
    "batch_size": 16, "batch_length": 4, "history": 2, "depth": 2, "latent_size": 32,
    "hidden_size": 32, "support_size": 10, "simulations": 8, "discount": 0.95, "td_steps": 3,
    "threads": 1, "replay_rows": 4096, "train_ratio": 16.0, "action_repeat": 1, "slots": 2,
    "learning_rate": 3e-3, "target_every": 20,
}  # fmt: skip


def small(**changes: Any) -> MuzeroSettings:
    """Return the small settings with changes."""
    return MuzeroSettings(**{**SMALL, **changes})
