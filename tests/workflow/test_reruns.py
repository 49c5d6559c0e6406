"""Every change reruns exactly what depends on it, as `snakemake -n` says."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.finished import ROOT, TARGET, copy, edit_config
from tests.workflow.planner import Plan, Planner
from world_models.settings import Settings

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
        **TABLES,
    }
    for n in (1, 2)
}
# What follows when M or V of a task is trained anew, or its rollouts played.
MEMORY = {
    "car_racing": {"train_memory": 1, **RACING[1]},
    "take_cover": {"train_memory": 1, **COVER[2]},
}
VISION = {
    "car_racing": {"train_vision": 1, "encode_rollouts": 3, "train_memory": 1, **RACING[2]},
    "take_cover": {"train_vision": 1, "encode_rollouts": 3, "train_memory": 1, **COVER[2]},
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


TRAINING = {
    "epochs": 2,
    "batch_size": 8,
    "learning_rate": 2e-3,
    "threads": 2,
}
EVOLUTION: dict[str, Any] = {
    "population": 6,
    "episodes": 3,
    "generations": 3,
    "sigma": 0.2,
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
    dreamt = {} if task == "car_racing" else {"evaluate_in_dream": 2}
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
        "vision.save_every_seconds": (5.0, NOTHING),
        **{f"memory.{key}": (value, MEMORY[task]) for key, value in TRAINING.items()},
        "memory.hidden_size": (64, MEMORY[task]),
        "memory.mixtures": (3, MEMORY[task]),
        "memory.sequence_length": (16, MEMORY[task]),
        "memory.gradient_clip": (2.0, MEMORY[task]),
        "memory.death_weight": (5.0, MEMORY[task]),
        "memory.save_every_seconds": (5.0, NOTHING),
        **{f"controller.{key}": (value, evolution) for key, value in EVOLUTION.items()},
        "evaluation.episodes": (3, {**scored, **RANDOM}),
        "evaluation.dream_episodes": (3, {**dreamt, **TABLES} if dreamt else NOTHING),
        "evaluation.transfer_controllers": (3, transfer),
        "evaluation.transfer_episodes": (2, transfer),
        "evaluation.slots": (1, {**scored, **dreamt, **transfer}),
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
    "take_cover.controller.temperatures": ([1.0, 1.15, 1.3], COVER[1]),
}


@pytest.fixture(scope="module")
def tree(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished tree to change; each test puts back what it changed."""
    return copy(finished, tmp_path_factory.mktemp("reruns") / "tree")


@pytest.fixture(scope="module")
def planner(tree: Path) -> Iterator[Planner]:
    made = Planner(tree)
    yield made
    made.close()


@pytest.fixture
def plan(planner: Planner) -> Callable[..., Plan]:
    """What Snakemake would run for the tables."""
    return lambda *more: planner.plan("--cores", "2", *(more or (TARGET,)))


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
    """Only the tables are made anew; what was trained stays."""
    with changed(tree / "config.yaml"):
        edit_config(tree, overlay_of("take_cover.controller.temperatures", [1.15]))
        assert plan().counts == TABLES


def test_an_added_temperature_alone(tree: Path, plan: Callable[..., Plan]) -> None:
    """The new controller is the one that is trained and scored."""
    with changed(tree / "config.yaml"):
        edit_config(tree, overlay_of("take_cover.controller.temperatures", [1.0, 1.15, 1.3]))
        jobs = plan().jobs
    named = [job.wildcards.get("temperature") or job.wildcards.get("controller") for job in jobs]
    assert sorted(filter(None, named)) == ["1.30", "tau_1.30", "tau_1.30", "tau_1.30"]


@pytest.mark.parametrize("cores", ["1", "2", "64"])
def test_the_number_of_cores(planner: Planner, cores: str) -> None:
    assert planner.plan("--cores", cores, TARGET).counts == NOTHING


def test_a_touch_of_everything(tree: Path, plan: Callable[..., Plan]) -> None:
    """Newer times alone mean nothing: of code, settings, shards, models and scores."""
    touched = 0
    for folder in ("src", "workflow", "results"):
        for path in (tree / folder).rglob("*"):
            if path.is_file() and path.name != ".snakemake_timestamp":
                os.utime(path)
                touched += 1
    for name in ("config.yaml", "requirements.lock", "pyproject.toml", "environment.yml"):
        os.utime(tree / name)
    assert touched > 300
    assert plan().counts == NOTHING


def test_older_code_of_other_content(tree: Path, plan: Callable[..., Plan]) -> None:
    """A changed file is seen even if it is older than all results, as after fetching these."""
    with changed(tree / "src/world_models/vision/train.py") as path:
        path.write_text(path.read_text() + "\nEXTRA = 1\n")
        os.utime(path, (1, 1))
        found = plan()
    assert found.counts == both(*VISION.values())
    assert "src/world_models/vision/train.py" in found.told


def test_a_deleted_shard_is_nobodys_business_until_it_is_needed(
    tree: Path, plan: Callable[..., Plan]
) -> None:
    """Models and scores don't depend on whether a shard still lies there."""
    with changed(tree / "results/smoke/car_racing/rollouts") as folder:
        shutil.rmtree(folder / "0001.zarr")
        (folder / "0001.json").unlink()
        assert plan().counts == NOTHING
        # Asked for, the shard is played; the rest stays.
        found = plan("results/smoke/car_racing/rollouts/0001.json")
        assert found.counts == {"collect_rollouts": 1}
        # V trained anew needs it, and no other.
        with changed(tree / "config.yaml"):
            edit_config(tree, overlay_of("car_racing.vision.epochs", 2))
            found = plan()
    assert found.counts == {**VISION["car_racing"], "collect_rollouts": 1}
    assert [job.wildcards["shard"] for job in found.jobs if "collect" in job.rule] == ["0001"]


def test_a_damaged_manifest(tree: Path, plan: Callable[..., Plan]) -> None:
    """Another content of a shard's manifest: what read it runs, and stops with a clear line."""
    with changed(tree / "results/smoke/car_racing/rollouts/0001.json") as path:
        path.write_text(path.read_text().replace('"steps"', '"stops"'))
        follows = {**VISION["car_racing"], "encode_rollouts": 3}
        assert plan().counts == follows


def test_a_damaged_store_is_found_by_its_reader(finished: Path, tmp_path: Path) -> None:
    """Gigabytes are not read to plan; who reads them compares, refuses the shard, and says why.

    All that was made from what failed to be made anew is made anew, once it can be.
    """
    from tests.finished import run

    tree = copy(finished, tmp_path / "tree")
    store = tree / "results/smoke/car_racing/rollouts/0001.zarr"
    files = [path for path in store.rglob("*") if path.is_file()]
    chunk = max(files, key=lambda path: path.stat().st_size)
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    times = chunk.stat().st_atime, chunk.stat().st_mtime
    chunk.write_bytes(content)
    os.utime(chunk, times)
    target = "results/smoke/car_racing/vision/model.safetensors"
    planner = Planner(tree)
    try:
        assert planner.plan("--cores", "2", TARGET).counts == NOTHING
        edit_config(tree, overlay_of("car_racing.vision.epochs", 2))
        stopped = run("snakemake", "--cores", "2", target, cwd=tree, check=False)
        assert stopped.returncode != 0
        assert "0001.zarr: content differs from the digest in 0001.json" in stopped.stderr
        # The old V is gone. What was made from it knows that it is out of date all the same.
        assert not (tree / target).exists()
        shutil.rmtree(store)
        store.with_suffix(".json").unlink()
        follows = {**VISION["car_racing"], "collect_rollouts": 1}
        assert planner.plan("--cores", "2", TARGET).counts == follows
    finally:
        planner.close()


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ("cma", both(RACING[2], COVER[2])),
        ("matplotlib", TABLES),
        ("numpy", both(*EVERYTHING.values())),
        ("gymnasium", EVERYTHING["car_racing"]),
        ("pygame-ce", EVERYTHING["car_racing"]),
        ("vizdoom", EVERYTHING["take_cover"]),
        ("tqdm", NOTHING),
        ("snakefmt", NOTHING),
        ("dvc", NOTHING),
    ],
)
def test_a_new_package_version(
    tree: Path, plan: Callable[..., Plan], package: str, expected: dict[str, int]
) -> None:
    """The pins of what a stage imports count."""
    with changed(tree / "requirements.lock") as path:
        old = path.read_text()
        new = old.replace(f"\n{package}==", f"\n{package}==9")
        assert new != old
        path.write_text(new)
        assert plan().counts == expected


def test_a_new_pytorch(tree: Path, plan: Callable[..., Plan]) -> None:
    """Its pin is pyproject.toml's."""
    with changed(tree / "pyproject.toml") as path:
        path.write_text(path.read_text().replace("torch==2.13.0", "torch==2.14.0"))
        assert plan().counts == both(*EVERYTHING.values())


def test_a_fresh_clone(finished: Path, tmp_path: Path) -> None:
    """The results and records of another clone are valid here: no path, no time is in them."""
    from tests.finished import run

    run("git", "clone", "--quiet", str(finished), str(tmp_path / "clone"), cwd=tmp_path)
    for folder in ("results", ".snakemake/metadata"):
        shutil.copytree(finished / folder, tmp_path / "clone" / folder, copy_function=shutil.copy)
    found = Planner(tmp_path / "clone")
    try:
        assert found.plan("--cores", "2", TARGET).counts == NOTHING
    finally:
        found.close()


def test_another_branch_and_back(tree: Path, plan: Callable[..., Plan]) -> None:
    """git renews the times of what it checks out."""
    from tests.finished import git

    git(tree, "checkout", "--quiet", "-b", "other")
    for path in (tree / "src").rglob("*.py"):
        path.write_text(path.read_text() + "\nEXTRA = 1\n")
    git(tree, "commit", "--quiet", "--all", "--message", "Another")
    assert plan().counts == both(*EVERYTHING.values())
    git(tree, "checkout", "--quiet", "main")
    assert plan().counts == NOTHING
    assert tree != ROOT
