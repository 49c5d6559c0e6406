"""Each successor on CartPole from pixels: what a few minutes of training achieve."""

import csv
import importlib
import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import Result
from world_models.evaluation import random_policy
from world_models.provenance.stages import METHODS
from world_models.successors.rssm.presets import PRESETS

ENVIRONMENT = {
    "kind": "gymnasium",
    "id": "CartPole-v1",
    "max_steps": 200,
    "crop": [150, 310, 0, 600],
}
# Sizes for minutes on one core; the RSSM's presets set what distinguishes its methods.
RSSM: dict[str, Any] = {
    "steps": 6000, "action_repeat": 2, "slots": 4, "threads": 1, "prefill_steps": 400,
    "replay_rows": 10_000, "batch_size": 8, "batch_length": 16, "train_ratio": 96.0,
    "latent_size": 16, "recurrent_size": 96, "hidden_size": 96, "head_units": 96, "blocks": 4,
    "depth": 8, "multiples": [1, 2, 4, 8], "convolution": "valid", "mixed_precision": True,
    "horizon": 12, "discount": 0.98, "predicts_continue": True, "reward_transform": "none",
    "warmup_updates": 100, "model_learning_rate": 1e-3, "actor_learning_rate": 3e-4,
    "critic_learning_rate": 1e-3, "plan_candidates": 100, "plan_elites": 10, "plan_iterations": 3,
    "image_bits": 8,
}  # fmt: skip
SETTINGS: dict[str, dict[str, Any]] = {
    "planet": {**RSSM, "latent_classes": None},
    "dreamer_1": {**RSSM, "latent_classes": None},
    "dreamer_2": {**RSSM, "latent_classes": 8, "slow_critic_every": 25},
    "dreamer_3": {**RSSM, "latent_classes": 8, "norm": "layer"},
    "muzero": {
        "steps": 10_000, "action_repeat": 2, "slots": 4, "threads": 1, "replay_rows": 10_000,
        "batch_size": 32, "train_ratio": 96.0, "history": 3, "depth": 8, "latent_size": 64,
        "hidden_size": 64, "support_size": 10, "simulations": 8, "discount": 0.98,
        "target_every": 50, "learning_rate": 1e-3, "least_spread": 2.0,
    },
    "ppo": {
        "steps": 100_000, "action_repeat": 2, "slots": 8, "threads": 1, "round_rows": 512,
        "batch_size": 64, "epochs": 8, "history": 3, "feature_size": 128, "discount": 0.98,
        "reward_scale": 0.1, "clip_range": 0.2, "learning_rate": 5e-4, "value_scale": 0.5,
    },
}  # fmt: skip


def learn(method: str, episodes: int = 20) -> Result:
    """Train a method and score it; the baseline is the random policy's score."""
    kind, preset = METHODS[method], ["--preset", method] if method in PRESETS else []
    train, evaluate = (
        importlib.import_module(f"world_models.successors.{kind}.{name}").main
        for name in ("train", "evaluate")
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        common = ["--task", "pole", "--environment", json.dumps(ENVIRONMENT), "--seed", "1"]
        train([
            *common, *preset, "--settings", json.dumps(SETTINGS[method]),
            "--output", str(folder / "model.safetensors"), "--curve", str(folder / "curve.csv"),
            "--cost", str(folder / "cost.json"), "--device", "cpu",
        ])  # fmt: skip
        scored = [*common, "--settings", json.dumps({"episodes": episodes, "slots": 10})]
        evaluate([*scored, "--agent", str(folder / "model.safetensors"),
                  "--output", str(folder / "agent.csv")])  # fmt: skip
        random_policy.main([*scored, "--output", str(folder / "random.csv")])
        ours, baseline = (_mean(folder / f"{each}.csv") for each in ("agent", "random"))
    return Result(f"learn-{method.replace('_', '-')}", ours, baseline, ours / baseline)


def _mean(path: Path) -> float:
    with path.open(encoding="utf-8") as file:
        return statistics.mean(float(row["score"]) for row in csv.DictReader(file))
