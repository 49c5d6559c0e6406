"""A run that is stopped as a whole and continued later, by Ctrl-Z or a paused container.

The pause does not count as a hang. A process that stops while its supervisor runs does hang.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.reliability.suspended import HUNG_AFTER, STEPS
from tests.reliability.test_orphans import collection, instances, running, wait_for
from world_models.execution import running_time
from world_models.execution.running_time import RunningTime

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def small_stage(way: str, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start the small stage in its own process group; wait until it plays."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.reliability.suspended", way, str(folder)],
        cwd=ROOT, start_new_session=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
    )  # fmt: skip
    try:
        assert wait_for(lambda: player(folder) is not None or process.poll() is not None, 60)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def player(folder: Path) -> int | None:
    """Return the ID of the process that plays the first unit; None before it begins."""
    mark = folder / "0"
    text = mark.read_text() if mark.exists() else ""
    return int(text) if text else None


def suspend(process: "subprocess.Popen[str]", seconds: float) -> None:
    """Stop a whole process group for some seconds, then continue it."""
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGCONT)


@pytest.mark.parametrize("way", ["pool", "one process", "inline", "watchdog"])
def test_a_suspended_stage_continues(way: str, tmp_path: Path) -> None:
    """However the stage plays, no worker is replaced and nothing is played twice."""
    with small_stage(way, tmp_path) as process:
        time.sleep(0.6)  # half a step, so the supervisor has seen it begin
        for _ in range(2):
            suspend(process, 1.5 * HUNG_AFTER)
        out, error = process.communicate(timeout=120)
    assert (process.returncode, out, error) == (0, f"{2 * STEPS}\n", "")


def test_a_stopped_worker_hangs(tmp_path: Path) -> None:
    """The pool keeps running and replaces a stopped worker."""
    with small_stage("pool", tmp_path) as process:
        worker = player(tmp_path)
        assert worker is not None and worker != process.pid
        os.kill(worker, signal.SIGSTOP)
        out, error = process.communicate(timeout=120)
    assert (process.returncode, out) == (0, f"{2 * STEPS}\n")
    assert f"worker {worker} made no step for {HUNG_AFTER:g} s in unit 1" in error


def test_a_suspended_collection_continues(tmp_path: Path) -> None:
    """A real stage with an engine and no workers continues."""
    tag = str(tmp_path)
    with running([*collection(tmp_path), "--hung-after", "8"], tag, 1) as process:
        assert wait_for(lambda: len(instances(tag)) == 1)
        suspend(process, 20)
        time.sleep(5)
        assert process.poll() is None, process.communicate()[1]
        assert "no step" not in (tmp_path / "log").read_text()


class TestRunningTime:
    """The supervisors' clock."""

    @pytest.fixture
    def now(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """Replace the system's clock by one that the test sets."""
        now = [100.0]
        monkeypatch.setattr(running_time.time, "monotonic", lambda: now[0])
        return now

    def test_ticks_count_in_full(self, now: list[float]) -> None:
        """Time counts in full while the process runs."""
        running = RunningTime(1.0)
        for passed in (0.0, 0.25, 1.0):
            now[0] += passed
            assert running.tick() == passed

    def test_a_gap_counts_as_one_interval(self, now: list[float]) -> None:
        """A gap counts as one interval, not as 0: a slow supervisor must still detect hangs."""
        running = RunningTime(1.0)
        now[0] += 3600
        assert running.tick() == 1.0
        now[0] += 0.5
        assert running.tick() == 0.5
