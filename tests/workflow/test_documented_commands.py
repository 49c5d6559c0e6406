"""Every command in the documentation is run by a test: here, or by one that `documented.py` names.

If you add a command to a page, add what runs it to `documented.py`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.finished import ROOT, copy, git, run
from tests.sharing.test_documented import ready
from tests.workflow.documented import HERE, PAGES, RAN, UNRUN, Ran, commands, functions, is_shown
from tests.workflow.planner import Planner

# All on one pytest worker: the commands share a clone, and some depend on others.
pytestmark = pytest.mark.xdist_group("documented commands")

COMMANDS = {command: page for page in PAGES for command in commands(page)}
MAKE = {name: "" for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


OPERANDS = {"chmod -R g+rwX": " results"}  # which the page only describes
SILENT = ("source", "dvc", "chmod", "snakefmt")


def what_runs(command: str) -> list[str]:
    """Return the tests that run a command, or why none can."""
    ran = [each.by for each in RAN if re.fullmatch(each.commands, command)]
    return ran + [why for pattern, why in UNRUN.items() if re.fullmatch(pattern, command)]


def test_commands_are_found() -> None:
    """Commands are found in blocks and prose, with chains split; names alone are not commands."""
    assert len(COMMANDS) > 60
    assert {"make", "dvc repro", "cd ../colleague", 'git commit -m "Results"'} <= set(COMMANDS)
    assert not {"git", "snakemake", "results/lab"} & set(COMMANDS)


def test_each_command_is_run() -> None:
    """Each command has exactly one test, or one reason why there is none."""
    found = {command: what_runs(command) for command in COMMANDS}
    unknown = [f"{COMMANDS[each].name}: {each}" for each, runs in found.items() if not runs]
    assert not unknown, (
        "in the documentation, but nothing runs it; see tests/workflow/documented.py"
    )
    assert [each for each, runs in found.items() if len(runs) > 1] == []


def test_nothing_is_listed_in_vain() -> None:
    """The lists have no entry that matches no command."""
    patterns = [each.commands for each in RAN] + list(UNRUN)
    stale = [each for each in patterns if not any(re.fullmatch(each, c) for c in COMMANDS)]
    assert stale == []


@pytest.mark.parametrize("ran", [each for each in RAN if each.by != HERE], ids=lambda ran: ran.by)
def test_the_named_test_runs_it(ran: Ran) -> None:
    """The named test exists and contains the code that runs the command."""
    assert is_shown(ran)


def test_a_test_that_is_gone_would_be_found() -> None:
    """A missing file, a missing function, and a function that runs something else are detected."""
    file = "workflow/test_films.py"
    assert "test_the_report" in functions(file)
    assert is_shown(Ran("", f"{file}::test_the_report", 'run("make", "report"'))
    assert not is_shown(Ran("", f"{file}::test_the_report", 'run("make", "clean"'))
    assert not is_shown(Ran("", f"{file}::test_gone", ""))
    assert not is_shown(Ran("", "gone.py::test_the_report", ""))


@pytest.fixture(scope="module")
def clone(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy a finished tree with an environment, in which commands may change anything."""
    new_tree = copy(tree, tmp_path_factory.mktemp("documented") / "tree")
    if not (new_tree / ".venv").exists():
        ready(new_tree)
    return new_tree


@pytest.mark.parametrize("command", [each for each in COMMANDS if what_runs(each) == [HERE]])
def test_it_runs_here(clone: Path, command: str) -> None:
    """The command runs as written on the page."""
    home = clone.parent / "home"
    (home / ".local/share/bash-completion/completions").mkdir(parents=True, exist_ok=True)
    kept = ("status", "--porcelain", "src", "docs", "config.schema.json", "dvc.yaml")
    status = git(clone, *kept)
    line = command + OPERANDS.get(command, "")
    done = run("bash", "-ec", line, cwd=clone, HOME=str(home), **MAKE)
    assert len(done.stdout) > 9 or ">" in command or command.startswith(SILENT)
    assert git(clone, *kept) == status


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith("make")])
def test_make_knows_it(command: str) -> None:
    """A dry run of `make` knows the command's target and variables."""
    line = re.sub("<[^>]*>", "PLACE", command).replace("make", "make --dry-run", 1)
    done = subprocess.run(
        ["bash", "-ec", line], cwd=ROOT, env={**os.environ, **MAKE}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for variable in re.findall(r" (\w+)=", command):
        assert f"$({variable})" in makefile


LONG = re.compile(r"snakemake --cores \d+ results/(\w+/)?(paper_tables|(car_racing|take_cover)/.*)")


@pytest.mark.parametrize("command", [each for each in COMMANDS if LONG.fullmatch(each)])
def test_what_takes_long_can_be_planned(planner: Planner, command: str) -> None:
    """A long command's own target can be planned, at its own scale."""
    target = command.replace("tau_2.00", "tau_1.15")  # the page adds tau_2.00 first
    plan = planner.plan(*target.split()[1:], "--forceall")
    assert plan.jobs and all("results" in output for job in plan.jobs for output in job.outputs)


def test_the_network_reaches_the_tasks(tmp_path: Path) -> None:
    """A variable exported on the login node becomes an option of the command that all tasks run."""
    (tmp_path / "srun").write_text('#!/bin/sh\necho "$@" > told\n')
    (tmp_path / "srun").chmod(0o755)
    surroundings = {"WORLD_MODELS_INTERFACE": "ib0", "SLURM_JOB_ID": "1"}
    subprocess.run(
        [ROOT / "profiles/slurm/launch", "3", "1", "python", "-m", "stage"], cwd=tmp_path,
        env={**os.environ, **surroundings, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        timeout=60, check=False,
    )  # fmt: skip
    assert "--ntasks=3" in (arguments := (tmp_path / "told").read_text())
    assert (
        arguments.split()[-2:] == ["--interface", "ib0"]
        and "python -m stage --cluster" in arguments
    )


PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = {page.name: PYTHON.findall(page.read_text(encoding="utf-8")) for page in PAGES}
del BLOCKS["your-environment.md"]  # test_your_environment.py runs its code


@pytest.mark.slow
@pytest.mark.parametrize("page", [name for name, blocks in BLOCKS.items() if blocks])
def test_examples_in_python(page: str) -> None:
    """Each block runs by itself with the published models."""
    for block in BLOCKS[page]:
        done = subprocess.run(
            [sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, timeout=300,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
