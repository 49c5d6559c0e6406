"""Every change of a setting reruns exactly what depends on it, according to `snakemake -n`."""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
import yaml

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
    TASKS,
    VISION,
    Jobs,
    both,
    changed,
    overlay_of,
    shards,
)
from tests.workflow.planner import Plan, Planner
from world_models.provenance.stages import METHODS
from world_models.settings import resolve

Row = tuple[Any, Jobs]  # a new value of a setting, and what must rerun

TRAINING = {"epochs": 2, "batch_size": 8, "learning_rate": 2e-3, "threads": 2}
EVOLUTION: dict[str, Any] = {
    "sees_cell": None,  # negated
    "bias": None,
    "search": "openai_es",
    "sigma": 0.2,
    "learning_rate": 0.02,
    "weight_decay": 0.1,
    "population": 6,
    "episodes": 3,
    "generations": 3,
    "stop_at_score": 20.0,
    "validation_every": 2,
    "validation_episodes": 3,
    "candidates_per_unit": 1,
    "slots": 1,
    "idle_steps": 20,
    "device": "cuda",
}


def of_task(task: str) -> dict[str, Row]:
    """Return the rows of the settings that both tasks have."""
    racing = task == "car_racing"
    evolution = RACING[2] if racing else COVER[2]
    scored = {"evaluate_controller": 2, **RANDOM, **TABLES}
    transfer = {"measure_transfer": 2, **TABLES}
    # Measurements in dreams and of predicted deaths exist only for tasks evolved in the dream.
    dreamt = NOTHING if racing else {"evaluate_in_dream": 2, **TABLES}
    deaths = NOTHING if racing else {"measure_death_prediction": 2, **TABLES}
    blind = NOTHING if racing else OPEN_LOOP
    # Without predicted deaths there is nothing to measure about them.
    fearless = {name: n for name, n in MEMORY[task].items() if name != "measure_death_prediction"}
    return {
        "environment.max_steps": (90, EVERYTHING[task]),
        "rollouts.behaviour": ("uniform", ROLLOUTS[task]),
        "rollouts.min_length": (30, ROLLOUTS[task]),
        # The training shards stay; the held-out one becomes a training shard, and one is played.
        "shards.episodes": (6, shards(task, 1, 4)),
        "shards.held_out_episodes": (3, shards(task, 1, 3)),
        "shards.episodes_per_shard": (4, shards(task, 2, 2)),
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
        "memory.predicts_death": (racing, fearless),
        "memory.predicts_reward": (not racing, MEMORY[task]),
        "memory.sees_restart": (racing, MEMORY[task]),
        **{
            f"controller.{key}": (
                racing == (key == "sees_cell") if value is None else value,
                evolution,
            )
            for key, value in EVOLUTION.items()
        },
        # Other controllers with the same V and M: five in the dream, three in reality.
        "controllers.evolved_in": (
            "dream" if racing else "reality",
            {**of_dream(5), **OPEN_LOOP} if racing else RACING[3],
        ),
        # One more controller; nothing for the list that isn't used where the task's C evolves.
        "controllers.variants": (["z", "z_hidden", "z_h"], RACING[1] if racing else NOTHING),
        "controllers.temperatures": (
            [1.0, 1.15, 1.3],
            NOTHING if racing else {**COVER[1], **OPEN_LOOP},
        ),
        "evaluation.episodes": (3, scored),
        "evaluation.slots": (1, scored),
        "dream_evaluation.episodes": (3, dreamt),
        "dream_evaluation.slots": (1, dreamt),
        "transfer.controllers": (3, transfer),
        "transfer.episodes": (2, transfer),
        "transfer.slots": (1, transfer),
        "death_prediction.episodes": (3, deaths),
        "death_prediction.slots": (1, deaths),
        "open_loop.episodes": (3, blind),
        "open_loop.dream_episodes": (3, blind),
        "open_loop.slots": (1, blind),
    }  # fmt: skip


def of_dream(n: int) -> Jobs:
    """Return what makes and measures n controllers of a dream whose M predicts no deaths."""
    return {name: count for name, count in {**RACING[3], "evaluate_in_dream": n}.items()
            if name not in TABLES} | {name: n for name in ("evolve_controller",
            "evaluate_controller", "measure_transfer")}  # fmt: skip


SETTINGS: dict[str, dict[str, Row]] = {
    "car_racing": {
        **of_task("car_racing"),
        "environment.domain_randomize": (True, EVERYTHING["car_racing"]),
    },
    "take_cover": {
        **of_task("take_cover"),
        "environment.skill": (3, EVERYTHING["take_cover"]),
        "environment.resolution": ("320x240", EVERYTHING["take_cover"]),
    },
}
RUN: dict[str, Row] = {
    "seed": (2, both(*EVERYTHING.values())),
    "runtime.controller_workers": (2, NOTHING),
    "runtime.evaluation_workers": (2, NOTHING),
    "runtime.hung_after_seconds": (100.0, NOTHING),
    "runtime.attempts": (5, NOTHING),
    "runtime.save_every_seconds": (5.0, NOTHING),
}


@pytest.mark.parametrize(
    ("racing", "cover"), zip_longest(SETTINGS["car_racing"], SETTINGS["take_cover"])
)
def test_a_setting(
    tree: Path, plan: Callable[..., Plan], racing: str | None, cover: str | None
) -> None:
    """Each setting of each stage, at the target's scale; tests one of each task at a time."""
    expected: dict[str, Jobs] = {task: NOTHING for task in TASKS}
    with changed(tree / "config.yaml"):
        for task, key in zip(TASKS, (racing, cover), strict=True):
            if key is not None:
                value, expected[task] = SETTINGS[task][key]
                edit_config(tree, overlay_of(f"{task}.{key}", value))
        found = plan()
    assert found.counts == both(*expected.values())
    for task in TASKS:
        assert {name: n for name, n in found.of(task).items() if name not in TABLES} == {
            name: n for name, n in expected[task].items() if name not in TABLES
        }


@pytest.mark.parametrize("key", RUN)
def test_a_setting_of_the_run(tree: Path, plan: Callable[..., Plan], key: str) -> None:
    value, expected = RUN[key]
    with changed(tree / "config.yaml"):
        edit_config(tree, overlay_of(key, value))
        assert plan().counts == expected


def test_every_setting_is_in_the_table(tree: Path) -> None:
    """The table above has every setting."""

    def leaves(content: dict[str, Any], prefix: str = "") -> Iterator[str]:
        for key, value in content.items():
            if isinstance(value, dict):
                yield from leaves(value, f"{prefix}{key}.")
            else:
                yield prefix + key

    config = yaml.safe_load((tree / "config.yaml").read_text())
    settings = resolve(config, "smoke").model_dump()
    for task, section in settings.pop("tasks").items():
        for other in ("successors", *METHODS, "horizon", "regions", "seen"):
            del section[other]  # shown by other tables
        assert set(leaves(section)) - {"environment.kind"} == set(SETTINGS[task])
    del settings["studies"]
    assert set(leaves(settings)) == set(RUN)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # Of another scale; of the paper but overridden by `smoke`; of the paper and inherited.
        ({"scales": {"lab": {"car_racing": {"memory": {"epochs": 30}}}}}, NOTHING),
        ({"car_racing": {"memory": {"epochs": 3}}}, NOTHING),
        ({"car_racing": {"memory": {"gradient_clip": 3.0}}}, MEMORY["car_racing"]),
        # Another scale, task or study.
        ({"scales": {"huge": {"seed": 5}}}, NOTHING),
        ({"racing_too": {"environment": {"kind": "car_racing"}}}, NOTHING),
        ({"studies": {"x": {"title": "A study", "settings": {"seed": 3}}}}, NOTHING),
    ],
)
def test_an_overlay(
    tree: Path, plan: Callable[..., Plan], changes: dict[str, Any], expected: Jobs
) -> None:
    """A change counts only if the scale inherits it or sets it itself."""
    with changed(tree / "config.yaml"):
        edit_config(tree, changes)
        assert plan().counts == expected


def test_a_controller_dropped(tree: Path, plan: Callable[..., Plan]) -> None:
    """Only what covers all temperatures at once is made again; trained controllers stay."""
    with changed(tree / "config.yaml"):
        edit_config(tree, overlay_of("take_cover.controllers.temperatures", [1.15]))
        assert plan().counts == OPEN_LOOP


def test_an_added_temperature_alone(tree: Path, plan: Callable[..., Plan]) -> None:
    """Only the new controller is trained and scored."""
    with changed(tree / "config.yaml"):
        edit_config(tree, overlay_of("take_cover.controllers.temperatures", [1.0, 1.15, 1.305]))
        jobs = plan().jobs
    named = [job.wildcards["controller"] for job in jobs if "controller" in job.wildcards]
    assert named == ["tau_1.305"] * 5


@pytest.mark.parametrize("cores", ["1", "64"])
def test_the_number_of_cores(planner: Planner, cores: str) -> None:
    assert planner.plan("--cores", cores, TARGET).counts == NOTHING
