"""The commands of docs/sharing.md, run as written there."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.finished import ROOT, copy, run
from world_models.sharing.dvc_yaml import KINDS

# All on one pytest worker: the fixtures are slow.
pytestmark = pytest.mark.xdist_group("sharing")

TEXT = (ROOT / "docs" / "sharing.md").read_text()


def ready(tree: Path) -> None:
    """Give a tree the tests' environment in place of its own .venv.

    Python is started by `tests.forkserver`.
    """
    programs = tree / ".venv" / "bin"
    programs.mkdir(parents=True)
    for program in (Path(sys.prefix) / "bin").iterdir():
        forked = Path(os.environ["FORKSERVER"]) / program.name
        (programs / program.name).symlink_to(forked if forked.exists() else program)
    for part in ("lib", "pyvenv.cfg"):
        (tree / ".venv" / part).symlink_to(Path(sys.prefix) / part)
    (tree / ".venv" / ".installed").touch()


def test_ten_commands(finished: Path, tmp_path: Path) -> None:
    """The page's ten commands work in order, from the first run to the last fetch."""
    block = TEXT.split("```sh\n")[1].split("```")[0]
    commands = [line.partition("  #")[0].strip() for line in block.splitlines()]
    commands = [re.sub(r" +# ?\d+$", "", command) for command in commands]
    assert len(commands) == 10
    home = copy(finished, tmp_path / "home")
    (tmp_path / "shared").mkdir()
    ready(home)
    folder, output = home, ""
    clean = {name: "" for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    who = {f"GIT_{role}_{what}": "tester@localhost" for role in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")}  # fmt: skip
    for command in commands:
        command = command.replace("/SHARED", str(tmp_path / "shared"))
        command = command.replace("/REPOSITORY", str(home))
        output = run("bash", "-ec", command, cwd=folder, **who, **clean).stdout
        if "git clone" in command:
            folder = tmp_path / "colleague"
            ready(folder)
        if command.startswith("snakemake -n"):
            assert "Nothing to be done" in output
            assert not (folder / "results/smoke/car_racing/rollouts").exists()
        if command == "make why":
            assert "Nothing would run" in output
    assert (folder / "results/smoke/car_racing/rollouts/0000.json").exists()


def test_touch_accepts_what_is_there(finished: Path, tmp_path: Path) -> None:
    """After a code change that changes no result, `--touch` accepts the results as they are."""
    command = next(
        line for line in re.findall(r"`(snakemake [^`]*--touch[^`]*)`", TEXT.replace("\n", " "))
    )
    tree = copy(finished, tmp_path / "tree")
    code = tree / "src/world_models/seeds.py"
    code.write_text(code.read_text() + "\nEXTRA = 1\n")
    before = (tree / "results/smoke/car_racing/vision/model.safetensors").read_bytes()
    target = "results/smoke/paper_tables"
    assert "Nothing" not in run("snakemake", "-n", target, cwd=tree).stdout
    run(*command.replace("results/lab/paper_tables", target).split(), cwd=tree)
    assert "Nothing to be done" in run("snakemake", "-n", target, cwd=tree).stdout
    assert (tree / "results/smoke/car_racing/vision/model.safetensors").read_bytes() == before


def test_every_kind_and_target_is_told() -> None:
    """The page names every kind of results and every target of the Makefile for sharing."""
    for name in (*KINDS, "records"):
        assert f"`{name}`" in TEXT, name
    for target in ("remote", "publish", "fetch", "why", "mend"):
        assert f"make {target}" in TEXT
