"""Every change of a file (code, pins, shards, times) reruns exactly what depends on it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.finished import ROOT, TARGET, copy, edit_config, git, run
from tests.workflow.expected import (
    COVER,
    EVERYTHING,
    NOTHING,
    RACING,
    TABLES,
    VISION,
    both,
    changed,
    overlay_of,
)
from tests.workflow.planner import Plan, Planner


def test_a_touch_of_everything(tree: Path, plan: Callable[..., Plan]) -> None:
    """Newer times of code, settings, shards, models and scores alone rerun nothing."""
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
    """A changed file is detected even if it is older than all results, as after a fetch."""
    with changed(tree / "src/world_models/vision/train.py") as path:
        path.write_text(path.read_text() + "\nEXTRA = 1\n")
        os.utime(path, (1, 1))
        found = plan()
    assert found.counts == both(*VISION.values())
    assert "code vision.train" in found.output


def test_a_deleted_shard_is_nobodys_business_until_it_is_needed(
    tree: Path, plan: Callable[..., Plan]
) -> None:
    """Models and scores don't depend on whether a shard still exists."""
    with changed(tree / "results/smoke/car_racing/rollouts") as folder:
        shutil.rmtree(folder / "0001.zarr")
        (folder / "0001.json").unlink()
        assert plan().counts == NOTHING
        # If requested, the shard is played; the rest stays.
        found = plan("results/smoke/car_racing/rollouts/0001.json")
        assert found.counts == {"collect_rollouts": 1}
        # Training V again needs this shard alone.
        with changed(tree / "config.yaml"):
            edit_config(tree, overlay_of("car_racing.vision.epochs", 2))
            found = plan()
    assert found.counts == {**VISION["car_racing"], "collect_rollouts": 1}
    assert [job.wildcards["shard"] for job in found.jobs if "collect" in job.rule] == ["0001"]


def test_a_damaged_manifest(tree: Path, plan: Callable[..., Plan]) -> None:
    """A changed manifest of a shard reruns what read it."""
    with changed(tree / "results/smoke/car_racing/rollouts/0001.json") as path:
        path.write_text(path.read_text().replace('"steps"', '"stops"'))
        follows = {**VISION["car_racing"], "encode_rollouts": 3}
        assert plan().counts == follows


def test_a_damaged_store_is_found_by_its_reader(finished: Path, tmp_path: Path) -> None:
    """Planning doesn't read gigabytes; a stage that reads a damaged shard refuses it and says why.

    Once the failed result can be made, everything made from it is made again.
    """
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
    assert planner.plan("--cores", "2", TARGET).counts == NOTHING
    edit_config(tree, overlay_of("car_racing.vision.epochs", 2))
    stopped = run("snakemake", "--cores", "2", target, cwd=tree, check=False)
    assert stopped.returncode != 0
    assert "0001.zarr: content differs from the digest in 0001.json" in stopped.stderr
    # The old V is gone. Results made from it still count as out of date.
    assert not (tree / target).exists()
    shutil.rmtree(store)
    store.with_suffix(".json").unlink()
    follows = {**VISION["car_racing"], "collect_rollouts": 1}
    assert planner.plan("--cores", "2", TARGET).counts == follows


def test_tables_that_can_not_be_drawn(finished: Path, tmp_path: Path) -> None:
    """The error names an altered score, and the old tables stay."""
    tree = copy(finished, tmp_path / "tree")
    score = tree / "results/smoke/car_racing/evaluation/z.csv"
    score.write_text(score.read_text().replace("0,", "1,", 1))
    before = {path: path.read_bytes() for path in (tree / TARGET).rglob("*.csv")}
    stopped = run("snakemake", "--cores", "2", TARGET, cwd=tree, check=False)
    assert stopped.returncode != 0 and "z.csv: line 2 has been altered" in stopped.stderr
    assert before and {path: path.read_bytes() for path in before} == before
    assert not list((tree / "results/smoke").glob("*.drawn"))


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
    """A stage depends on the pins of the packages it imports."""
    with changed(tree / "requirements.lock") as path:
        old = path.read_text()
        new = old.replace(f"\n{package}==", f"\n{package}==9")
        assert new != old
        path.write_text(new)
        assert plan().counts == expected


def test_a_new_pytorch(tree: Path, plan: Callable[..., Plan]) -> None:
    """PyTorch's pin is in pyproject.toml."""
    with changed(tree / "pyproject.toml") as path:
        path.write_text(path.read_text().replace("torch==2.13.0", "torch==2.14.0"))
        assert plan().counts == both(*EVERYTHING.values())


def test_a_fresh_clone(finished: Path, tmp_path: Path) -> None:
    """Another clone's results and records are valid here: they contain no paths or times."""
    run("git", "clone", "--quiet", str(finished), str(tmp_path / "clone"), cwd=tmp_path)
    for folder in ("results", ".snakemake/metadata"):
        shutil.copytree(finished / folder, tmp_path / "clone" / folder, copy_function=shutil.copy)
    assert Planner(tmp_path / "clone").plan("--cores", "2", TARGET).counts == NOTHING


def test_another_branch_and_back(tree: Path, plan: Callable[..., Plan]) -> None:
    """Checking out another branch and coming back, which changes times, reruns nothing."""
    git(tree, "checkout", "--quiet", "-b", "other")
    for path in (tree / "src").rglob("*.py"):
        path.write_text(path.read_text() + "\nEXTRA = 1\n")
    git(tree, "commit", "--quiet", "--all", "--message", "Another")
    assert plan().counts == both(*EVERYTHING.values())
    git(tree, "checkout", "--quiet", "main")
    assert plan().counts == NOTHING
    assert tree != ROOT
