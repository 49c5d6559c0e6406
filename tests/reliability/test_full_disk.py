"""A full disk gives a one-line error, and nothing half-written under a final name."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.reliability.artifacts import TASK, search
from world_models.controller.fitness_log import FitnessLog, Generation
from world_models.errors import WorldModelsError
from world_models.rollouts.store import write_store
from world_models.storage import checkpoints
from world_models.storage.files import write_text
from world_models.storage.snapshots import Snapshots

KILOBYTES = 256  # size of the disk
QUOTA = 16 * 1024  # limit of a file's size, in kB: above what the tests' own log may need


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 256 kB, which only root can do."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={KILOBYTES}k", "tmpfs", str(place)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def quota(tmp_path: Path) -> Iterator[Path]:
    """Limit the size of files to 16 MB, which needs no root; return a folder."""
    place, before = tmp_path / "quota", resource.getrlimit(resource.RLIMIT_FSIZE)
    place.mkdir()
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (QUOTA * 1024, before[1]))
    yield place
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.fixture(params=["disk", "quota"])
def full(request: pytest.FixtureRequest) -> Path:
    """Return the small disk or the folder with the quota."""
    place: Path = request.getfixturevalue(request.param)
    return place


NOISE = np.random.default_rng(0)
BIG = torch.from_numpy(NOISE.normal(size=2_500_000))


def write_checkpoint(folder: Path) -> None:
    """Write 20 MB of weights."""
    checkpoints.save(folder / "model.safetensors", "vision", TASK, {"weights": BIG})


def write_rollouts(folder: Path) -> None:
    """Write 25 MB of noise, which can't be compressed."""
    rows = {
        "frames": NOISE.integers(0, 256, (2000, 64, 64, 3), dtype=np.uint8),
        "actions": np.zeros((2000, 1), dtype=np.float32),
        "rewards": np.zeros(2000, dtype=np.float32),
        "lengths": np.array([2000]),
        "ends": np.array([1], dtype=np.uint8),
        "seeds": np.array([1]),
    }
    write_store(folder / "0000.json", "rollouts", TASK, [rows])


def write_words(folder: Path) -> None:
    """Write 18 MB of text."""
    write_text(folder / "curve.csv", "1,2,3\n" * 3_000_000)


WRITERS = {
    "model.safetensors": write_checkpoint,
    "0000.zarr": write_rollouts,
    "curve.csv": write_words,
}


@pytest.mark.parametrize("name", WRITERS)
def test_nothing_partial(full: Path, name: str) -> None:
    """The error names the file and the cause; only the earlier files are left."""
    if name.endswith(".csv"):
        (full / name).write_text("earlier")
    before = {path.name: path.read_bytes() for path in full.iterdir()}
    with pytest.raises(
        WorldModelsError, match=f"{name}: not written .*; free some space there"
    ) as error:
        WRITERS[name](full)
    assert "\n" not in str(error.value)
    assert {path.name: path.read_bytes() for path in full.iterdir()} == before


def test_the_last_good_snapshot_stays(full: Path) -> None:
    """A training run that can't save stops, and can continue from its last snapshot."""
    snapshots = Snapshots(full, {}, 60)
    snapshots.save({"weights": torch.ones(3)}, {"step": 7})
    with pytest.raises(WorldModelsError, match=r"snapshot.safetensors: not written"):
        snapshots.save({"weights": BIG}, {"step": 8})
    saved = Snapshots(full, {}, 60).load()
    assert saved is not None and saved[1] == {"step": 7}


def test_a_snapshot_that_is_not_finite_replaces_nothing(tmp_path: Path) -> None:
    """The last good snapshot stays, and the error names the step."""
    snapshots = Snapshots(tmp_path, {}, 60)
    snapshots.save({"weights": torch.ones(3)}, {"step": 7})
    with pytest.raises(WorldModelsError, match="not replaced after step 8: weights has values"):
        snapshots.save({"weights": torch.tensor([1.0, torch.nan])}, {"step": 8})
    saved = Snapshots(tmp_path, {}, 60).load()
    assert saved is not None and saved[1] == {"step": 7}


def test_a_search_goes_on(full: Path) -> None:
    """The torn last line is dropped, and the search ends with the same result."""
    log = full / "fitness.jsonl"
    filler = full / "filler"
    whole = search(full.parent / "whole.jsonl")
    lines = (full.parent / "whole.jsonl").read_bytes()
    log.write_bytes(lines[: lines.index(b"\n") + 1])
    started = FitnessLog(log)
    assert len(started.read()) == 1
    with pytest.raises(WorldModelsError, match=r"fitness.jsonl: not written"):
        started.append(Generation(2, [0.1] * 4_000_000, 0.1))
    assert log.stat().st_size > lines.index(b"\n") + 1  # torn
    filler.unlink(missing_ok=True)
    again = search(log)
    assert log.read_bytes() == lines
    assert again.best is not None and whole.best is not None
    assert again.best.tobytes() == whole.best.tobytes()


def test_a_stage_says_it_in_one_line(disk: Path) -> None:
    """A collection on a full disk ends with status 2, one line, no store and no manifest."""
    done = subprocess.run(
        [
            sys.executable, "-m", "world_models.collection.behaviour", "--task", "take_cover",
            "--environment", json.dumps({"max_steps": 300, "resolution": "160x120"}),
            "--settings", '{"behaviour": "held"}', "--shard", "0", "--first", "0",
            "--episodes", "40",
            "--manifest", str(disk / "0000.json"), "--log", str(disk / "log"),
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "0000.zarr: not written (No space left on device); free some space there" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert {path.name for path in disk.iterdir()} == {"log"}


def killed_while_writing(name: str, folder: Path) -> None:
    """Run a writer in a process that dies before it renames its temporary file."""
    script = (
        "import os; from pathlib import Path; from tests.reliability import test_full_disk as here;"
        f"os.replace = lambda *_: os._exit(9); here.WRITERS[{name!r}](Path({str(folder)!r}))"
    )
    root = Path(__file__).resolve().parents[2]
    path = f"{root}{os.pathsep}{root / 'src'}"
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": path}, check=False
    )
    assert done.returncode == 9


@pytest.mark.parametrize("name", ["model.safetensors", "0000.zarr", "curve.csv"])
def test_left_overs_are_removed(tmp_path: Path, name: str) -> None:
    """A killed writer leaves only temporary files, which the next attempt removes."""
    killed_while_writing(name, tmp_path)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(f".{name}.") and left.name.endswith(".part")
    WRITERS[name](tmp_path)
    assert not list(tmp_path.glob(".*"))
    assert (tmp_path / name).exists()
    if (tmp_path / name).is_dir():
        shutil.rmtree(tmp_path / name)
