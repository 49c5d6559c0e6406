"""However a stage ends, it leaves no process behind, engines included, and no shared memory."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.reliability.artifacts import make
from world_models.tasks.take_cover import engine, launcher

TAG = "WORLD_MODELS_TEST_TAG"
ENVIRONMENT = json.dumps({"max_steps": 500, "resolution": "160x120"})
SEARCH = json.dumps({
    "population": 8, "episodes": 4, "generations": 50, "slots": 2, "candidates_per_unit": 2,
    "validation_episodes": 4,
})  # fmt: skip
ROLLOUTS = json.dumps({"behaviour": "held"})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an untrained V, M and C."""
    return make(tmp_path_factory.mktemp("models") / "good")


def evolution(models: Path, folder: Path) -> list[str]:
    """Return the command of an evolution in the real game, with 2 workers of 2 engines each."""
    return [
        sys.executable, "-m", "world_models.controller.evolve", "--task", "take_cover",
        "--environment", ENVIRONMENT, "--settings", SEARCH, "--workers", "2",
        "--vision", str(models / "vision.safetensors"),
        "--memory", str(models / "memory.safetensors"),
        "--output", str(folder / "model.safetensors"), "--curve", str(folder / "fitness.csv"),
        "--fitness", str(folder / "fitness.jsonl"), "--progress", str(folder / "progress"),
        "--log", str(folder / "log"),
    ]  # fmt: skip


def collection(folder: Path) -> list[str]:
    """Return the command that collects a shard, in one process with its engines."""
    return [
        sys.executable, "-m", "world_models.collection.behaviour", "--task", "take_cover",
        "--environment", ENVIRONMENT, "--settings", ROLLOUTS, "--shard", "0",
        "--first", "0", "--episodes", "500",
        "--manifest", str(folder / "0000.json"), "--log", str(folder / "log"),
    ]  # fmt: skip


def family(tag: str) -> list[psutil.Process]:
    """Return all processes that descend from a command, whatever their parent is now."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(TAG) == tag and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def engines(tag: str) -> list[psutil.Process]:
    """Return ViZDoom's engines among a command's processes."""
    found = []
    for process in family(tag):
        with contextlib.suppress(OSError):  # psutil would report the cached wrapper
            if Path(f"/proc/{process.pid}/exe").readlink().name == "vizdoom":
                found.append(process)
    return found


@contextlib.contextmanager
def running(
    command: list[str], tag: str, count: int, **environment: str
) -> Iterator["subprocess.Popen[str]"]:
    """Run a command, yield once it has `count` engines, and kill all its processes afterwards."""
    process = subprocess.Popen(
        command, env={**os.environ, TAG: tag, **environment}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(lambda: len(engines(tag)) >= count or process.poll() is not None, 90)
        assert process.poll() is None, process.communicate()[1]
        yield process
    finally:
        for each in family(tag):
            with contextlib.suppress(psutil.Error):
                each.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def wait_for(condition: object, seconds: float = 20.0) -> bool:
    """Wait until a condition holds; return whether it did in time."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def instances(tag: str) -> set[str]:
    """Return ViZDoom's names of a command's engines, from the shared memory that they map.

    Other tests may run engines at the same time.
    """
    found = set()
    for process in family(tag):
        with contextlib.suppress(psutil.Error):
            paths = (Path(each.path) for each in process.memory_maps())
            found |= {path.name[-10:] for path in paths if path.match("/dev/shm/ViZDoom*")}
    return found


def left(names: set[str]) -> set[str]:
    """Return these engines' files that are left in shared memory, mapped or not."""
    files = {path.name for path in Path("/dev/shm").glob("ViZDoom*")}
    return {name for name in files if name[-10:] in names}


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, 143),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_an_evolution_leaves_nothing(
    models: Path, tmp_path: Path, end: signal.Signals, status: int
) -> None:
    """Workers and their engines end with the stage."""
    tag = str(tmp_path)
    with running(evolution(models, tmp_path), tag, 4) as process:
        assert wait_for(lambda: len(instances(tag)) == 4)
        names = instances(tag)
        process.send_signal(end)
        assert process.wait(20) == status
        assert wait_for(lambda: not family(tag)), family(tag)
        assert wait_for(lambda: not left(names)), left(names)
        if end == signal.SIGINT:
            assert process.stderr is not None
            assert process.stderr.read() == (
                "error: interrupted; the same command continues from here\n"
            )


def test_engines_end_with_a_killed_worker(models: Path, tmp_path: Path) -> None:
    """They are replaced with the worker, and the log says so."""
    tag = str(tmp_path)
    with running(evolution(models, tmp_path), tag, 4):
        old = engines(tag)
        worker = old[0].parent()
        assert worker is not None
        theirs = {each.pid for each in old if each.ppid() == worker.pid}
        worker.kill()
        assert wait_for(lambda: not any(psutil.pid_exists(pid) for pid in theirs))
        assert wait_for(lambda: "was killed by SIGKILL in unit" in (tmp_path / "log").read_text())
        assert wait_for(lambda: len(engines(tag)) == 4, 60)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_collection_leaves_nothing(tmp_path: Path, end: signal.Signals) -> None:
    """A collection leaves no engines and no file under a final name."""
    tag = str(tmp_path)
    with running(collection(tmp_path), tag, 1) as process:
        assert wait_for(lambda: len(instances(tag)) == len(engines(tag)))
        names = instances(tag)
        process.send_signal(end)
        process.wait(20)
        assert wait_for(lambda: not family(tag)), family(tag)
        assert wait_for(lambda: not left(names)), left(names)
    kept = {path.name for path in tmp_path.iterdir() if not path.name.endswith(".part")}
    assert kept == {"log"}


def test_a_stage_ends_with_its_snakemake(tmp_path: Path) -> None:
    """Stages end by themselves when their Snakemake is killed."""
    tag = str(tmp_path)
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with running(collection(tmp_path), tag, 1, WORLD_MODELS_OWNER=str(owner.pid)) as process:
            time.sleep(1)
            assert process.poll() is None
            owner.kill()
            owner.wait()
            assert process.wait(20) == 143
            assert wait_for(lambda: not family(tag)), family(tag)
            assert "is gone; stopping" in (tmp_path / "log").read_text()
    finally:
        owner.kill()


def test_a_hung_engine_ends_the_collection(tmp_path: Path) -> None:
    """A stage without workers stops and says why, instead of waiting for ever."""
    tag = str(tmp_path)
    with running([*collection(tmp_path), "--hung-after", "4"], tag, 1) as process:
        for engine in engines(tag):
            engine.suspend()
        assert process.wait(30) == 2
        assert process.stderr is not None
        stderr = process.stderr.read()
        assert "0000.zarr: no step for 4 s; stopped" in stderr
        assert len(stderr.splitlines()) == 1
        assert wait_for(lambda: not family(tag)), family(tag)
    assert not (tmp_path / "0000.json").exists()


def test_an_engine_is_tidied_whose_parent_is_gone_already(tmp_path: Path) -> None:
    """Shared memory is removed even if the stage was killed before its engine's launcher ran."""
    parent = subprocess.Popen(["true"])
    parent.wait()
    instance = tmp_path.name[-10:]
    path = Path(f"/dev/shm/ViZDoomMQ{instance}")
    path.touch()
    try:
        launcher.tidy(parent.pid, instance)
        assert not path.exists()
    finally:
        path.unlink(missing_ok=True)


def test_what_engines_left_before_is_swept(tmp_path: Path) -> None:
    """The next start removes files of engines killed while starting, but none in use."""
    old, new = (Path(f"/dev/shm/ViZDoomSM{tmp_path.name[-6:]}{name}") for name in ("old", "new"))
    for path in (old, new):
        path.touch()
    os.utime(old, (0, 0))
    try:
        engine.sweep()
        assert not old.exists() and new.exists()
    finally:
        new.unlink(missing_ok=True)
        old.unlink(missing_ok=True)
