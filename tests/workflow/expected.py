"""What must rerun after a change in the tiny pipeline, by stage, and helpers to make changes."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TASKS = ("car_racing", "take_cover")
Jobs = dict[str, int]

NOTHING: Jobs = {}
TABLES = {"draw_tables": 1, "keep_tables": 1}
RANDOM = {"evaluate_random_policy": 1}
PICK = {"pick_examples": 1}
# What reruns when controllers of a task are evolved again, by their number.
RACING: dict[int, Jobs] = {
    n: {"evolve_controller": n, "evaluate_controller": n, "measure_transfer": n, **TABLES}
    for n in (1, 2, 3)
}
COVER: dict[int, Jobs] = {
    n: {**RACING[n], "evaluate_in_dream": n, "measure_death_prediction": n} for n in (1, 2, 3)
}
OPEN_LOOP = {"play_open_loop": 1, **TABLES}
# What reruns when M or V of a task is trained again, or its rollouts are played again.
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


def shards(task: str, played: int, encoded: int) -> Jobs:
    """Return what reruns when only some shards are played and encoded again."""
    return {**ROLLOUTS[task], "collect_rollouts": played, "encode_rollouts": encoded}


def both(*plans: Jobs) -> Jobs:
    """Return the jobs of several plans together, with the tables once."""
    names = {name for plan in plans for name in plan}
    whole = {name: sum(plan.get(name, 0) for plan in plans) for name in names}
    return {**whole, **{name: 1 for name in TABLES if name in whole}}


@contextmanager
def changed(path: Path) -> Iterator[Path]:
    """Restore a file or folder, with its times, after the block has changed it."""
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
    """Return an overlay that changes one setting of the smoke scale."""
    for part in reversed(["scales", "smoke", *key.split(".")]):
        value = {part: value}
    assert isinstance(value, dict)
    return value
