"""Stages and tools work in ASCII terminals, without docstrings, and for users without a home."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from world_models.errors import WorldModelsError
from world_models.provenance.imports import SOURCE
from world_models.tasks.take_cover import engine

ROOT = Path(__file__).resolve().parents[2]
STAGES = sorted(
    path.relative_to(SOURCE).with_suffix("").as_posix().replace("/", ".")
    for path in SOURCE.rglob("*.py")
    if "    run(main)" in path.read_text(encoding="utf-8")
)
TOOLS = ("evaluate", "watch")  # the tools that have options
ENVIRONMENT = {"PYTHONPATH": f"{SOURCE}{os.pathsep}{ROOT}"}
ASCII = [
    {"PYTHONIOENCODING": "ascii"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]
HELP = """
import importlib, sys
from world_models.stage.command import run
for name in sys.argv[1:]:
    try:
        run(importlib.import_module(name).main, ["--help"])
    except SystemExit as end:
        assert end.code == 0, name
"""


def python(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run Python with variables added to the environment."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **ENVIRONMENT, **environment},
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip


def collection(folder: Path | str) -> list[str]:
    """Return the arguments of a small stage that plays real episodes."""
    environment = {"max_steps": 20, "resolution": "160x120"}
    return [
        "-m", "world_models.collection.behaviour", "--task", "take_cover", "--shard", "0",
        "--environment", json.dumps(environment), "--settings", json.dumps({"behaviour": "held"}),
        "--first", "0", "--episodes", "2", "--manifest", f"{folder}/0000.json",
    ]  # fmt: skip


@pytest.mark.parametrize("environment", [*ASCII, {"PYTHONOPTIMIZE": "2"}], ids=lambda e: min(e))
def test_help(environment: dict[str, str]) -> None:
    """Every stage and tool describes its options."""
    assert len(STAGES) > 8
    done = python("-c", HELP, *STAGES, *(f"tools.{name}" for name in TOOLS), **environment)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.count(b"usage: ") == len(STAGES) + len(TOOLS)
    assert done.stdout.count(b"show this help message") == len(STAGES) + len(TOOLS)


@pytest.mark.parametrize("environment", ASCII, ids=lambda e: min(e))
def test_unprintable_characters(environment: dict[str, str]) -> None:
    """Stages escape unprintable characters on both streams, also when they fail."""
    code = """if True:
        from world_models.errors import WorldModelsError
        from world_models.stage.command import run
        def main(argv):
            print("12.5 \\u00b1 3")
            raise WorldModelsError("caf\\u00e9: missing")
        run(main)
    """
    done = python("-c", code, **environment)
    assert done.returncode == 2
    assert done.stdout == b"12.5 \\xb1 3\n"
    assert done.stderr == b"error: caf\\xe9: missing\n"


@pytest.mark.parametrize("environment", [*ASCII, {"PYTHONOPTIMIZE": "2"}], ids=lambda e: min(e))
def test_a_stage_in_an_ascii_terminal(environment: dict[str, str], tmp_path: Path) -> None:
    """The stage plays, and its paths may have any characters."""
    done = python(*collection(tmp_path / "über"), **environment)
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "über" / "0000.json").is_file()


@pytest.fixture
def stranger() -> Iterator[list[str]]:
    """Return a command prefix that runs the rest of the line as a user unknown to the system."""
    if os.getuid() != 0:
        pytest.skip("only root can become a user without a name")
    plain = ["setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"]
    # So that the user can read a Python in root's home folder.
    reads = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    works = subprocess.run([*plain, *reads, "true"], capture_output=True, check=False)
    command = [*plain, *(reads if works.returncode == 0 else []), "env"]
    yield [*command, *(f"--unset={name}" for name in ("LOGNAME", "USER", "LNAME", "USERNAME"))]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a folder owned by that user."""
    directory = Path(tempfile.mkdtemp())
    os.chown(directory, 54321, 54321)
    yield directory
    shutil.rmtree(directory)


HOMES = ["HOME=/nonexistent", "HOME=/", "--unset=HOME"]  # missing, not writable, unset


@pytest.mark.parametrize("home", HOMES)
def test_a_stage_of_a_user_without_a_name(home: str, stranger: list[str], folder: Path) -> None:
    """The stage plays without a warning and leaves no temporary files."""
    (folder / "temporary").mkdir(mode=0o777)
    os.chown(folder / "temporary", 54321, 54321)
    done = subprocess.run(
        [*stranger, home, f"TMPDIR={folder}/temporary", sys.executable, *collection(folder)],
        cwd=folder, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines and all(line.startswith("20") for line in lines), lines  # all are log lines
    assert (folder / "0000.json").stat().st_uid == 54321
    assert list((folder / "temporary").iterdir()) == []


@pytest.mark.parametrize("home", HOMES)
def test_make_of_a_user_without_a_name(home: str, stranger: list[str], folder: Path) -> None:
    """make gives Snakemake a user name and a place for its cache, without which it would fail."""
    rule = 'show: ; @echo "$$USER"; test -w "$${XDG_CACHE_HOME:-$$HOME}" && echo writable'
    done = subprocess.run(
        [*stranger, home, "make", "--no-print-directory", "--file", str(ROOT / "Makefile"),
         f"--eval={rule}", "show"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "54321\nwritable\n"), done.stderr


@pytest.mark.parametrize("home", HOMES)
def test_libraries_of_a_user_without_a_name(home: str, stranger: list[str], folder: Path) -> None:
    """Libraries get a user name, a home and places for their caches."""
    code = """if True:
        from world_models.stage.command import run
        def main(argv):
            import getpass
            from pathlib import Path
            print(getpass.getuser(), Path.home().is_dir())
            import matplotlib
            Path(matplotlib.get_cachedir(), "a").write_text("")
            from torch._inductor.runtime.cache_dir_utils import cache_dir
            Path(cache_dir(), "a").write_text("")
        run(main)
    """
    # Once torch has compiled, it sets its cache's place in this process's environment.
    ours = {name: value for name, value in os.environ.items() if not name.endswith("_CACHE_DIR")}
    done = subprocess.run(
        [*stranger, home, f"TMPDIR={folder}", sys.executable, "-c", code], cwd=folder,
        env={**ours, **ENVIRONMENT}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "54321 True\n", "")


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """Mount a small disk at `folder`."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no mount here: {done.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


# Runs a command with its own /dev/shm of a given size, and prints what is left there.
APART = """if True:
    import os, subprocess, sys
    size, *command = sys.argv[1:]
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", "/dev/shm"], check=True)
    status = subprocess.run(command).returncode
    print(os.listdir("/dev/shm"))
    sys.exit(status)
"""


def apart(size: str, stage: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a stage in a mount namespace with its own /dev/shm; see `APART`."""
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, "-c", APART, size, sys.executable, *stage],
        cwd=ROOT, env={**os.environ, **ENVIRONMENT, **environment}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no mount here: {done.stderr.strip()}")
    return done


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a disk")
def test_temporary_files_that_may_not_run(tmp_path: Path) -> None:
    """If TMPDIR is mounted noexec, the engine starts from elsewhere and leaves nothing behind."""
    with mounted(tmp_path / "noexec", "noexec") as place:
        done = apart("64m", collection(tmp_path), TMPDIR=str(place))
        assert done.returncode == 0, done.stderr
        assert list(place.iterdir()) == []
    assert done.stdout == "[]\n"  # nothing left in shared memory
    assert (tmp_path / "0000.json").is_file()


def test_no_place_where_programs_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is one line that names TMPDIR, before anything starts."""
    monkeypatch.setattr(engine, "runs_programs", lambda place: False)
    with pytest.raises(WorldModelsError, match=r"^TMPDIR: ") as error, engine.program("#!/bin/sh"):
        pass
    assert "\n" not in str(error.value)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a disk")
def test_a_small_shared_memory(tmp_path: Path) -> None:
    """Too little shared memory, as in a container, is reported before any engine starts."""
    stage = [each.replace("160x120", "640x480") for each in collection(tmp_path)]
    done = apart("2m", stage)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "/dev/shm: 2.1 MB free, but 2 of ViZDoom's engines at 640x480 need 2.7 MB" in done.stderr
    assert not (tmp_path / "0000.zarr").exists()
