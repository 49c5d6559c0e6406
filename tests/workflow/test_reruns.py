"""Every change of a setting reruns exactly what depends on it, as `snakemake -n` says."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.finished import TARGET, edit_config
from tests.workflow.expected import (
    COVER,
    EVERYTHING,
    MEMORY,
    NOTHING,
    OPEN_LOOP,
    RACING,
    RANDOM,
    ROLLOUTS,
    TABLES,
    VISION,
    both,
    changed,
    overlay_of,
    shards,
)
from tests.workflow.planner import Plan, Planner
from world_models.settings import Settings

TRAINING = {
    "epochs": 2,
    "batch_size": 8,
    "learning_rate": 2e-3,
    "threads": 2,
}
EVOLUTION: dict[str, Any] = {
    "population": 6,
    "play.episodes": 3,
    "generations": 3,
    "stop_at_score": 20.0,
    "search": "openai_es",
    "sigma": 0.2,
    "learning_rate": 0.02,
    "weight_decay": 0.1,
    "validation_every": 2,
    "validation_episodes": 3,
    "candidates_per_unit": 1,
    "slots": 1,
    "idle_steps": 20,
    "device": "cuda",
}


def of_task(task: str) -> dict[str, tuple[Any, dict[str, int]]]:
    """The settings that both tasks have: another value, and what must rerun."""
    evolution = RACING[2] if task == "car_racing" else COVER[2]
    scored = {"evaluate_controller": 2, **TABLES}
    transfer = {"measure_transfer": 2, **TABLES}
    dreamt = {} if task == "car_racing" else {"evaluate_in_dream": 2, **OPEN_LOOP}
    games = {} if task == "car_racing" else {"measure_foresight": 2, **OPEN_LOOP}
    return {
        "environment.max_steps": (90, EVERYTHING[task]),
        "rollouts.behaviour": ("uniform", ROLLOUTS[task]),
        "rollouts.min_length": (30, ROLLOUTS[task]),
        # The training shards stay; what was held out is trained on, and a shard is played.
        "rollouts.episodes": (6, shards(task, 1, 4)),
        "rollouts.held_out_episodes": (3, shards(task, 1, 3)),
        "rollouts.episodes_per_shard": (4, shards(task, 2, 2)),
        **{f"vision.{key}": (value, VISION[task]) for key, value in TRAINING.items()},
        "vision.latent_size": (16, VISION[task]),
        "vision.frames_per_epoch": (80, VISION[task]),
        "vision.kl_tolerance": (0.25, VISION[task]),
        "vision.mixed_precision": (True, VISION[task]),
        **{f"memory.{key}": (value, MEMORY[task]) for key, value in TRAINING.items()},
        "memory.hidden_size": (64, MEMORY[task]),
        "memory.mixtures": (3, MEMORY[task]),
        "memory.sequence_length": (16, MEMORY[task]),
        "memory.decay_epochs": (1, MEMORY[task]),
        "memory.min_learning_rate": (1e-4, MEMORY[task]),
        "memory.gradient_clip": (2.0, MEMORY[task]),
        "memory.death_weight": (5.0, MEMORY[task]),
        **{
            f"memory.{flag}": (task == "car_racing", MEMORY[task])
            for flag in ("predicts_death", "sees_restart")
        },
        "memory.predicts_reward": (task == "take_cover", MEMORY[task]),
        **{f"controller.{key}": (value, evolution) for key, value in EVOLUTION.items()},
        "evaluation.episodes": (3, {**scored, **RANDOM, **games}),
        "evaluation.dream_episodes": (3, {**dreamt, **TABLES} if dreamt else NOTHING),
        "evaluation.transfer_controllers": (3, transfer),
        "evaluation.transfer_episodes": (2, transfer),
        "evaluation.slots": (1, {**scored, **dreamt, **games, **transfer}),
    }


SETTINGS: dict[str, tuple[Any, dict[str, int]]] = {
    "seed": (2, both(*EVERYTHING.values())),
    "workers.controller": (2, NOTHING),
    "workers.evaluation": (2, NOTHING),
    "workers.hung_after_seconds": (100.0, NOTHING),
    "workers.attempts": (5, NOTHING),
    **{f"{task}.{key}": row for task in ROLLOUTS for key, row in of_task(task).items()},
    # What draws the training's frames; scores come from the reference environment all the same.
    "car_racing.environment.engine": ("gymnasium", ROLLOUTS["car_racing"]),
    "take_cover.environment.skill": (3, EVERYTHING["take_cover"]),
    "take_cover.environment.resolution": ("320x240", EVERYTHING["take_cover"]),
    # One more controller, and then one fewer.
    "car_racing.controller.variants": (["z", "z_hidden", "z_h"], RACING[1]),
    "take_cover.controller.temperatures": ([1.0, 1.15, 1.3], {**COVER[1], **OPEN_LOOP}),
}


@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting(tree: Path, plan: Callable[..., Plan], key: str) -> None:
    """Each setting of each stage, at the scale of the target."""
    value, expected = SETTINGS[key]
    with changed(tree / "config.yaml"):
        edit_config(tree, overlay_of(key, value))
        assert plan().counts == expected


def test_every_setting_is_in_the_table() -> None:
    """A new setting needs a line above."""

    def leaves(content: dict[str, Any], prefix: str = "") -> Iterator[str]:
        for key, value in content.items():
            if isinstance(value, dict):
                yield from leaves(value, f"{prefix}{key}.")
            else:
                yield prefix + key

    assert set(leaves(Settings().model_dump())) == set(SETTINGS)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # Of another scale; of the paper, but `smoke` has its own; of the paper and inherited.
        ({"scales": {"lab": {"car_racing": {"memory": {"epochs": 3}}}}}, NOTHING),
        ({"car_racing": {"memory": {"epochs": 3}}}, NOTHING),
        ({"car_racing": {"memory": {"gradient_clip": 3.0}}}, MEMORY["car_racing"]),
    ],
)
def test_an_overlay(
    tree: Path, plan: Callable[..., Plan], changes: dict[str, Any], expected: dict[str, int]
) -> None:
    """What a scale inherits or overrides decides."""
    with changed(tree / "config.yaml"):
        edit_config(tree, changes)
        assert plan().counts == expected


def test_a_controller_dropped(tree: Path, plan: Callable[..., Plan]) -> None:
    """Only what is made for all temperatures at once is made anew; what was trained stays."""
    with changed(tree / "config.yaml"):
        edit_config(tree, overlay_of("take_cover.controller.temperatures", [1.15]))
        assert plan().counts == OPEN_LOOP


def test_an_added_temperature_alone(tree: Path, plan: Callable[..., Plan]) -> None:
    """The new controller is the one that is trained and scored."""
    with changed(tree / "config.yaml"):
        edit_config(tree, overlay_of("take_cover.controller.temperatures", [1.0, 1.15, 1.3]))
        jobs = plan().jobs
    named = [job.wildcards.get("temperature") or job.wildcards.get("controller") for job in jobs]
    assert sorted(filter(None, named)) == ["1.30", "1.30", "tau_1.30", "tau_1.30", "tau_1.30"]


@pytest.mark.parametrize("cores", ["1", "2", "64"])
def test_the_number_of_cores(planner: Planner, cores: str) -> None:
    assert planner.plan("--cores", cores, TARGET).counts == NOTHING
