"""The Makefile's targets: what they would run, without running it."""

import os
import subprocess

import pytest

from tests.packaging.locked import ROOT


def make(*arguments: str) -> str:
    """Return make's output, unaffected by the `make test` that may have started this test."""
    ours = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "SCALE", "CORES", "TORCH", "TORCH_PIP_ARGS")
    ours += ("SEED", "EPISODES", "TASK", "CONTROLLER", "EPISODE", "DREAM", "EVERY")
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        ["make", *arguments], cwd=ROOT, env=clean, capture_output=True, text=True, check=True
    )
    return done.stdout


def dry_run(*arguments: str) -> str:
    """Return the commands that make would run."""
    return make("--dry-run", *arguments)


def test_plain_make_says_what_there_is() -> None:
    output = make()
    assert "make tables" in output and "make test" in output


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        ([], "results/smoke/paper_tables"),
        (["SCALE=lab"], "results/lab/paper_tables"),
        (["SCALE=paper"], "results/paper_tables"),
    ],
)
def test_the_scale_selects_the_target(arguments: list[str], target: str) -> None:
    output = dry_run("tables", "CORES=7", *arguments)
    assert f" snakemake --cores 7 {target} " in output
    assert f" world_models.provenance.holes {target} " in output


def last(printed: str) -> str:
    """Return the last command, on one line."""
    return " ".join(printed.replace("\\\n", " ").split("tools/")[-1].split())


@pytest.mark.parametrize(
    ("arguments", "root"),
    [([], "results/lab"), (["SCALE=smoke"], "results/smoke"), (["SCALE=paper"], "results")],
)
def test_what_is_shown_is_labs_unless_asked(arguments: list[str], root: str) -> None:
    command = last(dry_run("evaluate", "CORES=3", *arguments))
    assert command == f"evaluate.py {root} --workers 3"
    assert last(dry_run("watch", *arguments)) == f"watch.py {root}"


def test_what_is_shown_can_be_chosen() -> None:
    command = last(dry_run("evaluate", "CORES=3", "SEED=2", "EPISODES=20", "CONTROLLER=z z_h"))
    assert command.endswith("--workers 3 --seed 2 --episodes 20 --controller z z_h")
    command = last(
        dry_run("watch", "TASK=take_cover", "CONTROLLER=tau_1.15", "DREAM=1", "EPISODE=3")
    )
    assert command.endswith("--task take_cover --controller tau_1.15 --episode 3 --dream")


@pytest.mark.parametrize(
    "target",
    ["tables", "films", "report", "docs", "demo", "test", "setup", "bench", "lock", "schema"],
)
def test_targets_say_what_comes_next(target: str) -> None:
    """Each target says what to do next; tools that print this themselves are not listed."""
    (line,) = [each for each in dry_run(target).splitlines() if "Next: " in each or "until" in each]
    assert line.startswith("echo")


def test_pytorch_is_installed_before_the_lock() -> None:
    commands = dry_run("setup", "VENV=/nowhere", "TORCH_PIP_ARGS=--pre")
    assert 0 < commands.index("install --pre 'torch==2.13.0'") < commands.index("-r requirements")


def test_clean_leaves_results() -> None:
    assert "results" not in dry_run("clean")


def test_ci_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().splitlines()[-1] == "make test"
