"""A whole small pipeline, killed at random moments and run on different numbers of cores."""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests import finished as trees
from world_models.storage.files import digest

KILLS = int(os.environ.get("KILLS", "4"))  # `make torture`: 100
SECONDS = 300 + 90 * KILLS
# With few kills only one task's evaluations and what they need are made; with many, everything.
WHOLE = KILLS > 9
PART = "" if WHOLE else "take_cover/"
NOT_ARTIFACTS = {"logs", "benchmarks", "progress"}


def artifacts(tree: Path, part: str = "") -> dict[str, str]:
    """Return the digests of the pipeline's files, without those that say how it ran.

    Args:
        part: only files whose path starts like this.
    """
    root = tree / "results/smoke"
    return {
        path.relative_to(root).as_posix(): digest(path)
        for path in root.rglob("*")
        if path.is_file()
        and path.relative_to(root).parts[0] not in NOT_ARTIFACTS
        and path.name != ".snakemake_timestamp"
        and path.relative_to(root).as_posix().startswith(part)
    }


def targets(finished: Path) -> list[str]:
    """Return Snakemake's targets."""
    measured = (finished / "results/smoke/take_cover/evaluation").iterdir()
    files = [path for path in measured if path.is_file()]
    return [trees.TARGET] if WHOLE else [str(path.relative_to(finished)) for path in files]


def clone(tree: Path) -> Path:
    """Make a tree in which nothing has run, with two workers if the cores allow it."""
    tree.mkdir()
    trees.write_clone(tree)
    trees.edit_config(
        tree, {"scales": {"smoke": {"runtime": {"controller_workers": 2, "evaluation_workers": 2}}}}
    )
    return tree


def elsewhere(folder: Path) -> dict[str, str]:
    """Return another user's environment: plot settings, locale, time zone, home."""
    folder.mkdir()
    (folder / "matplotlibrc").write_text("figure.dpi: 40\nfont.size: 20\naxes.facecolor: red\n")
    return {
        "HOME": str(folder),
        "LC_ALL": "C",
        "MATPLOTLIBRC": str(folder / "matplotlibrc"),
        "MPLBACKEND": "module://of_a_notebook",
        "TZ": "Asia/Kathmandu",
    }


def environment(tree: Path) -> dict[str, str]:
    """Return the environment of a tree's commands; it identifies the tree's processes."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PYTHONPATH": str(tree / "src"), "PATH": path}


def ours(tree: Path) -> list[psutil.Process]:
    """Return a tree's processes, engines included, whatever their parent is now."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get("PYTHONPATH") == str(tree / "src"):
                found.append(process)
    return found


def wait_until_gone(tree: Path) -> None:
    """Wait 20 s for all processes of a tree to end; fail if any is left."""
    end = time.monotonic() + 20
    while time.monotonic() < end and ours(tree):
        time.sleep(0.1)
    assert [" ".join(each.cmdline()) for each in ours(tree)] == []


def kill_something(snakemake: "subprocess.Popen[str]", rng: random.Random) -> bool:
    """Kill a child process, Snakemake, or all; return whether Snakemake was killed."""
    below = psutil.Process(snakemake.pid).children(recursive=True)
    one = below and rng.random() < 0.5
    victims = [rng.choice(below)] if one else rng.choice(([], below))
    if not one:
        snakemake.kill()
    for victim in victims:
        with contextlib.suppress(psutil.NoSuchProcess):
            victim.kill()
    return not one


@pytest.mark.slow
@pytest.mark.timeout(SECONDS)
def test_kills_change_nothing(finished: Path, tmp_path: Path) -> None:
    """Killed repeatedly, on one and four cores by turns, the pipeline makes the same bytes.

    `finished` was made without kills, on two cores, with one worker and in another environment. On
    one core all jobs run in turn, and stages play in their own process; on four, workers play.
    """
    tree, rng, killed = clone(tmp_path / "tree"), random.Random(4), 0
    others = elsewhere(tmp_path / "home")
    while True:
        before, cores = killed, "4" if killed % 2 else "1"
        command = [sys.executable, "-m", "snakemake", "--cores", cores, *targets(finished)]
        with (tmp_path / "said").open("w") as output:
            snakemake = subprocess.Popen(
                command, cwd=tree, env=environment(tree) | others, umask=0o077,
                stdout=output, stderr=output, text=True,
            )  # fmt: skip
            while snakemake.poll() is None:  # a stage survives its workers, so kill again
                try:
                    snakemake.wait(rng.uniform(1, 6) if killed < KILLS else 1200)
                except subprocess.TimeoutExpired:
                    if killed == KILLS:
                        raise
                    killed += 1
                    if kill_something(snakemake, rng):
                        snakemake.wait()
                        wait_until_gone(tree)
                        trees.snakemake(tree, "--unlock")
        if snakemake.returncode:
            assert killed > before, (tmp_path / "said").read_text()
            continue
        assert len(digests := artifacts(tree, PART)) > 20 and digests == artifacts(finished, PART)
        wait_until_gone(tree)
        if killed == KILLS:
            return
        shutil.rmtree(tree / "results/smoke")  # a fast machine: run again for the remaining kills


def test_artifacts_tell_nothing_of_where_and_when(finished: Path) -> None:
    """Artifacts have no host name, no path of the machine and no left-over temporary file."""
    root = finished / "results/smoke"
    secrets = {str(finished), str(Path.home()), socket.gethostname()}
    secrets = {each for each in secrets if len(each) > 4 and each != "localhost"}  # skip short ones
    for name in artifacts(finished):
        content = (root / name).read_bytes()
        assert not name.endswith(".part")
        for secret in secrets:
            assert secret.encode() not in content, f"{name} contains {secret}"
