"""What must rerun after a change in the tiny pipeline, stage by stage, and how to make changes."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TABLES = {"paper_tables": 1}
RANDOM = {"evaluate_random_policy": 1}
PICK = {"pick_examples": 1}
# What follows when C of a task is evolved anew, by the number of controllers.
RACING: dict[int, dict[str, int]] = {
    n: {"evolve_in_reality": n, "evaluate_controller": n, "measure_transfer": n, **TABLES}
    for n in (1, 2)
}
COVER: dict[int, dict[str, int]] = {
    n: {
        "evolve_in_dream": n,
        "evaluate_controller": n,
        "evaluate_in_dream": n,
        "measure_transfer": n,
        "measure_foresight": n,
        **TABLES,
    }
    for n in (1, 2)
}
OPEN_LOOP = {"play_blind": 1, **TABLES}
# What follows when M or V of a task is trained anew, or its rollouts played.
MEMORY = {
    "car_racing": {"train_memory": 1, **RACING[1]},
    "take_cover": {"train_memory": 1, **COVER[2], **OPEN_LOOP},
}
VISION = {
    "car_racing": {"train_vision": 1, "encode_rollouts": 3, "train_memory": 1, **RACING[2]},
    "take_cover": {"train_vision": 1, "encode_rollouts": 3, **MEMORY["take_cover"]},
}
ROLLOUTS = {task: {"collect_rollouts": 3, **PICK, **follows} for task, follows in VISION.items()}
EVERYTHING = {task: {**ROLLOUTS[task], **RANDOM} for task in ROLLOUTS}
NOTHING: dict[str, int] = {}


def shards(task: str, played: int, encoded: int) -> dict[str, int]:
    """What reruns when only some shards are played anew."""
    return {**ROLLOUTS[task], "collect_rollouts": played, "encode_rollouts": encoded}


def both(*plans: dict[str, int]) -> dict[str, int]:
    """The jobs of several plans, the tables once."""
    names = {name for plan in plans for name in plan}
    whole = {name: sum(plan.get(name, 0) for plan in plans) for name in names}
    return {**whole, **{name: 1 for name in TABLES if name in whole}}


@contextmanager
def changed(path: Path) -> Iterator[Path]:
    """Let a file or folder be changed, and put it back with its times."""
    saved = path.with_name(path.name + ".saved")
    if path.is_dir():
        shutil.copytree(path, saved)
    else:
        shutil.copy2(path, saved)
    try:
        yield path
    finally:
        if path.is_dir():
            shutil.rmtree(path)
        saved.replace(path)


def overlay_of(key: str, value: Any) -> dict[str, Any]:
    """A change of one setting of the scale, nested."""
    for part in reversed(["scales", "smoke", *key.split(".")]):
        value = {part: value}
    assert isinstance(value, dict)
    return value
