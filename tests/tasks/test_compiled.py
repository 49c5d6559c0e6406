"""Numba's compiled code is reused, also by a copy of the project; a change recompiles it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.finished import ROOT

SAY = """
from world_models.tasks.car_racing import track
print(sum(track.lay.stats.cache_hits.values()), track.lay.stats.cache_path)
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the sources to another place, without the compiled code beside them."""
    folder = tmp_path_factory.mktemp("copy") / "src"
    return Path(shutil.copytree(ROOT / "src", folder, ignore=shutil.ignore_patterns("__pycache__")))


def found(sources: Path, **environment: str) -> tuple[int, str]:
    """Import the track in a new process; return the number of cache hits and the cache's path."""
    done = subprocess.run(
        [sys.executable, "-c", SAY], env={**os.environ, "PYTHONPATH": str(sources), **environment},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    hits, place = done.stdout.split()
    return int(hits), place


def test_a_copy_compiles_nothing(copied: Path) -> None:
    """Compiled code is found wherever the sources are."""
    found(ROOT / "src")
    assert found(copied)[0] == 1


def test_a_change_compiles_anew(copied: Path, tmp_path: Path) -> None:
    """A change in any file recompiles, although Numba checks only a function's own file."""
    _, place = found(copied)
    shutil.copytree(place, tmp_path / Path(place).name)  # don't keep what is compiled here
    assert found(copied, NUMBA_CACHE_DIR=str(tmp_path))[0] == 1
    with (copied / "world_models/tasks/car_racing/drawing/palette.py").open("a") as file:
        file.write("\n# Another colour.\n")
    assert found(copied, NUMBA_CACHE_DIR=str(tmp_path))[0] == 0
