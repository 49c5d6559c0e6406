"""Commands as users type them, with mistakes: they work, or one line says why not."""

import os
import time
from pathlib import Path

import pytest

from tests.finished import TARGET, copy, edit_config, git, planned, run, snakemake
from tests.sharing.test_documented import ready
from tests.workflow.expected import RANDOM, changed
from tests.workflow.planner import Planner

RANDOM_SCORES = "results/smoke/car_racing/evaluation/random.csv"


@pytest.mark.parametrize("cores", ["0", "-1"])
def test_cores(planner: Planner, cores: str) -> None:
    """Refuse fewer than one core, with which Snakemake itself would hang or run."""
    assert "--cores: give at least 1" in planner.refusal("--cores", cores, TARGET)


def test_an_absolute_path(tree: Path, planner: Planner) -> None:
    output = planner.refusal("--cores", "2", str(tree / TARGET))
    assert f"give results as paths relative to this folder: {TARGET}" in output


def test_another_working_folder(tree: Path, tmp_path: Path) -> None:
    """Results go to the working folder; code, settings and pins are the project's."""
    command = [
        "snakemake",
        "-n",
        "--cores",
        "2",
        "-s",
        str(tree / "Snakefile"),
        "-d",
        str(tmp_path),
    ]
    output = run(*command, TARGET, cwd=tree).stdout
    assert "collect_rollouts" in output and "keep_tables" in output


def test_code_dated_in_the_future(finished: Path, tmp_path: Path) -> None:
    """A result older than its code, as when clocks differ, is kept and is up to date."""
    tree = copy(finished, tmp_path / "tree")
    tomorrow = time.time() + 86_400
    for path in [*(tree / "src").rglob("*.py"), tree / "config.yaml", tree / "requirements.lock"]:
        os.utime(path, (tomorrow, tomorrow))
    (tree / RANDOM_SCORES).unlink()
    assert planned(tree, RANDOM_SCORES) == RANDOM
    snakemake(tree, "--cores", "2", RANDOM_SCORES)
    assert (tree / RANDOM_SCORES).is_file()
    assert planned(tree, RANDOM_SCORES) == {}


def test_line_ends_of_another_system(finished: Path, tmp_path: Path) -> None:
    """The shell script has no carriage returns, with which it would not run."""
    run(
        "git", "clone", "--quiet", "-c", "core.autocrlf=true", str(finished), str(tmp_path / "c"),
        cwd=tmp_path,
    )  # fmt: skip
    assert b"\r" not in (tmp_path / "c/profiles/slurm/launch").read_bytes()


def test_lost_records(finished: Path, tmp_path: Path) -> None:
    """Without .snakemake a changed setting can't be detected, and both commands say so."""
    tree = copy(finished, tmp_path / "tree")
    run("rm", "-rf", ".snakemake", cwd=tree)
    edit_config(tree, {"scales": {"smoke": {"car_racing": {"controller": {"sigma": 0.3}}}}})
    process = run("snakemake", "-n", "--cores", "2", TARGET, cwd=tree)
    assert "results have no record of what they were made from" in process.stdout + process.stderr
    why = run("python", "tools/why.py", TARGET, cwd=tree).stdout
    assert "results have no record" in why and "all results are up to date" not in why


@pytest.mark.slow
def test_a_lost_model_is_made_anew(finished: Path, tmp_path: Path) -> None:
    """`make tables` makes a missing V, M or C again; nothing else changes."""
    tree = copy(finished, tmp_path / "tree")
    ready(tree)
    model = tree / "results/smoke/car_racing/memory/model.safetensors"
    before = model.read_bytes()
    model.unlink()
    done = snakemake(tree, "-n", "--cores", "2", TARGET)
    assert "missing behind finished tables" in done.stdout + done.stderr
    output = run("python", "tools/why.py", TARGET, cwd=tree).stdout
    assert f"it: {model.relative_to(tree)}" in output or f"now: {model.relative_to(tree)}" in output
    clean = {name: "" for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    run("make", "tables", "CORES=2", cwd=tree, **clean)
    assert model.read_bytes() == before
    assert planned(tree) == {}


def test_holes_are_told(tree: Path) -> None:
    """Missing rollouts and latents are reported too, although tables don't show them."""
    with changed(tree / "results/smoke/car_racing/latents") as folder:
        (folder / "0000.json").unlink()
        why = run("python", "tools/why.py", TARGET, cwd=tree).stdout
    assert "Missing, but not needed now: results/smoke/car_racing/latents/0000" in why


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("tables SCALE=nonsense", "no scale or task nonsense"),
        ("why SCALE=nonsense", "no scale or task nonsense"),
        ("publish SCALE=nonsense", "no scale or task nonsense"),
        ("fetch SCALE=nonsense", "no remote yet"),
        ("mend SCALE=nonsense", "no remote yet"),
        ("fetch KINDS=nonsense", "no remote yet"),
        ("remote", "make remote URL="),
        ("evaluate SCALE=nonsense", "results/nonsense"),
        ("evaluate SCALE=smoke TASK=nonsense", "nonsense"),
        ("evaluate SCALE=smoke CONTROLLER=nonsense", "nonsense"),
        ("evaluate SCALE=smoke EPISODES=0", "evaluation.episodes"),
        ("watch SCALE=smoke CONTROLLER=nonsense", "nonsense"),
        ("watch SCALE=smoke EVERY=0", "--every 0"),
        ("setup VENV=elsewhere PYTHON=nonsense", "nonsense: not found; apt install python3"),
        ("lock PYTHON=nonsense", "nonsense: not found; apt install python3"),
        ("audit PYTHON=nonsense", "nonsense: not found; apt install python3"),
        ("bench CORES=0", "CORES=0: must be a whole number, at least 1"),
    ],
)
def test_a_mistake_is_one_line(tree: Path, command: str, message: str) -> None:
    """A mistake gives no traceback and writes nothing."""
    if not (tree / ".venv").exists():
        ready(tree)
    clean = {name: "" for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    status = git(tree, "status", "--porcelain")
    done = run("make", *command.split(), cwd=tree, check=False, **clean)
    assert done.returncode != 0
    assert message in done.stderr and "Traceback" not in done.stderr + done.stdout
    assert git(tree, "status", "--porcelain") == status


def test_make_schema_of_a_mistaken_config(tree: Path) -> None:
    """The old files stay, and no new ones are left."""
    if not (tree / ".venv").exists():
        ready(tree)
    clean = {name: "" for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    with changed(tree / "config.yaml") as config:
        config.write_text(config.read_text() + "nonsense: 1\n")
        status = git(tree, "status", "--porcelain")
        done = run("make", "schema", cwd=tree, check=False, **clean)
        assert done.returncode != 0
        assert "nonsense" in done.stderr and "Traceback" not in done.stderr
        assert git(tree, "status", "--porcelain") == status
