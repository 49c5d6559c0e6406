"""The tasks of a job find one another, share the work, and survive the loss of others.

Plain processes with SLURM's variables stand in for the tasks, so no SLURM is needed here.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.calls import CALLS
from tests.cluster.slurm import wait_for

# All on one pytest worker: the fixtures are slow.
pytestmark = pytest.mark.xdist_group("cluster")

ROOT = Path(__file__).resolve().parents[2]
TASKS = 4
HUNG_AFTER = 5.0  # seconds: far more than a call takes on a busy machine; Dask needs this much
EXPECTED = [f"call {number}" for number in range(CALLS)]


class Job:
    """Four tasks: 0 is the scheduler, 1 the client, 2 and 3 the workers."""

    def __init__(self, folder: Path, what: str, hung_after: float = 20.0) -> None:
        self.folder, self.hung_after = folder, hung_after
        folder.mkdir(exist_ok=True)
        self.tasks = [self._start(number, what) for number in range(TASKS)]

    def _start(self, number: int, what: str) -> "subprocess.Popen[str]":
        variables = {"SLURM_PROCID": str(number), "SLURM_NTASKS": str(TASKS), "SLURM_JOB_ID": "1"}
        places = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.cluster.member", what,
             str(self.folder / "meeting"), str(self.folder), str(self.hung_after)],
            cwd=ROOT, env={**os.environ, **variables, **places}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def begun(self, task: int | None = None) -> int:
        """Return how many calls have begun: in one task's pool, or in all."""
        owner = "*" if task is None else self.tasks[task].pid
        return len(list(self.folder.glob(f"*.{owner}.*")))

    def end(self, task: int) -> tuple[int, str, str]:
        """Wait for a task to end; return its exit status, stdout and stderr."""
        out, error = self.tasks[task].communicate(timeout=120)
        return self.tasks[task].returncode, out, error

    def wait_for_calls(self) -> None:
        """Wait until each worker has begun a call."""
        wait_for(lambda: self.begun(2) and self.begun(3), 120, lambda: "no calls began")

    def kill(self, task: int) -> None:
        """Kill a task as soon as each worker has begun a call."""
        self.wait_for_calls()
        self.tasks[task].send_signal(signal.SIGKILL)

    def signal(self, task: int, number: signal.Signals) -> None:
        """Send a signal to all processes of a task."""
        os.killpg(self.tasks[task].pid, number)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return the folder in which the tasks meet."""
    yield tmp_path


def test_calls_are_shared(folder: Path) -> None:
    """Both workers make calls, results come in order, and all tasks end by themselves."""
    job = Job(folder, "shout")
    code, out, error = job.end(1)
    assert code == 0, error
    assert json.loads(out) == EXPECTED
    assert job.begun(2) and job.begun(3) and job.begun() == CALLS
    assert [job.end(task)[0] for task in (0, 2, 3)] == [0, 0, 0]


def test_only_the_owner_can_meet(folder: Path) -> None:
    """Only its owner can read the file that lets a process connect."""
    job = Job(folder, "shout")
    wait_for((folder / "meeting").exists, 120, lambda: "no meeting")
    assert (folder / "meeting").stat().st_mode & 0o777 == 0o600
    address = json.loads((folder / "meeting").read_text())["address"]
    assert address.startswith("tls://")
    assert job.end(1)[0] == 0


def test_a_lost_workers_calls_are_made_again(folder: Path) -> None:
    """If a worker is killed during a call, the result is the same and the scheduler reports it."""
    job = Job(folder, "shout")
    job.kill(2)
    code, out, error = job.end(1)
    assert code == 0, error
    assert json.loads(out) == EXPECTED
    assert job.begun() > CALLS, "no call was made twice: nothing was lost"
    assert job.end(2)[0] == -signal.SIGKILL
    code, _, error = job.end(0)
    assert (code, "is lost; its units are being redone on other workers" in error) == (0, True)


def test_a_suspended_job_loses_nothing(folder: Path) -> None:
    """If all tasks stop for longer than any time-out, then continue, no worker counts as lost."""
    job = Job(folder, "shout", hung_after=HUNG_AFTER)
    job.wait_for_calls()
    for task in range(TASKS):
        job.signal(task, signal.SIGSTOP)
    time.sleep(3 * HUNG_AFTER)
    for task in range(TASKS):
        job.signal(task, signal.SIGCONT)
    code, out, error = job.end(1)
    assert code == 0, error
    assert json.loads(out) == EXPECTED
    assert job.begun() == CALLS, "a call was made twice"
    for task in (0, 2, 3):
        code, _, error = job.end(task)
        assert code == 0 and "lost" not in error and "no step" not in error, error


def test_a_stopped_worker_is_lost(folder: Path) -> None:
    """A task that stops while the others run counts as lost; its calls are made again elsewhere."""
    job = Job(folder, "shout", hung_after=HUNG_AFTER)
    job.wait_for_calls()
    job.signal(2, signal.SIGSTOP)
    try:
        code, out, error = job.end(1)
        assert code == 0, error
        assert json.loads(out) == EXPECTED
        code, _, error = job.end(0)
        assert (code, "is lost; its units are being redone on other workers" in error) == (0, True)
    finally:
        job.signal(2, signal.SIGKILL)
        job.end(2)


@pytest.mark.parametrize("task", [0, 1])
def test_without_scheduler_or_client_all_tasks_end(folder: Path, task: int) -> None:
    """Nothing hangs; a client that has lost its scheduler reports it in one line."""
    job = Job(folder, "shout")
    job.kill(task)
    codes = {number: job.end(number) for number in range(TASKS)}
    assert codes[task][0] == -signal.SIGKILL
    if task == 0:
        code, out, error = codes[1]
        assert (code, out) == (2, "")
        last = error.strip().splitlines()[-1]
        assert last.startswith("error: the cluster is gone"), error
        assert last.endswith("run the same command again")


@pytest.mark.parametrize(
    ("what", "message"),
    [("refuse", "error: setting 0: wrong"), ("die", "error: 2 workers were lost at the same unit")],
)
def test_what_no_other_worker_could_do_better(folder: Path, what: str, message: str) -> None:
    """A user's mistake, or a call that kills its workers, ends the job with a one-line error."""
    job = Job(folder, what)
    code, _, error = job.end(1)
    assert code == 2
    assert any(line.startswith(message) for line in error.splitlines()), error
    assert "Traceback" not in error
    for task in (0, 2, 3):
        job.end(task)
