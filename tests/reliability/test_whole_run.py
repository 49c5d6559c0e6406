"""The progress bar of a whole run: what it counts and where it is shown."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.finished import ROOT
from world_models.execution.benchmarks import read
from world_models.execution.estimate import WARM_UP, Estimate, Job, State
from world_models.execution.whole_run import as_bar, as_text

TRAIN, PLAY = ("train", "a"), ("play", "a")
# Three short jobs and the rule `all`; the hook is the Snakefile's own.
WORKFLOW = """
from snakemake.logging import logger
from world_models.execution.whole_run import follow

onstart:
    follow(workflow, logger)

rule all:
    input:
        expand("out/{n}", n=range(3)),

rule one:
    output:
        "out/{n}",
    benchmark:
        "benchmarks/{n}.tsv"
    shell:
        "sleep SECONDS; touch {output}"
"""


def test_time_left_is_the_work_over_the_speed() -> None:
    """Timed jobs: one of 100 s on four cores, and four of 10 s on one core."""
    jobs = {0: Job(TRAIN, 4, 100.0), **{n: Job(PLAY, 1) for n in range(1, 5)}}
    estimate = Estimate(jobs, [(PLAY, 8.0), (PLAY, 12.0)], cores=4, now=1000.0)
    state = estimate.state(1000.0)
    assert state == State(0, 5, 0.0, 0.0, pytest.approx(440 / 4), 0)
    estimate.start(0, 1000.0)
    # Half of the running long job counts as done. Four cores were busy.
    state = estimate.state(1050.0)
    assert (state.share, state.left) == (pytest.approx(200 / 440), pytest.approx(240 / 4))
    estimate.finish(0, 1100.0)
    for number in range(1, 5):
        estimate.start(number, 1100.0)
    for number in range(1, 4):
        estimate.finish(number, 1110.0)
    state = estimate.state(1110.0)
    assert (state.done, state.total) == (4, 5)
    assert state.rate == pytest.approx(4 / 110)
    # The last job should take as long as the others, but counts as done only once it finishes.
    speed = (400 + 39.9 + 4 * WARM_UP) / (110 + WARM_UP)
    assert state.left == pytest.approx(0.1 / speed)
    estimate.finish(4, 1111.0)
    assert estimate.state(1111.0).share == 1.0 and estimate.state(1111.0).left == 0


def test_slower_than_before() -> None:
    """If everything takes twice as long as before, the time left accounts for it."""
    jobs = {n: Job(PLAY, 1, 100.0) for n in range(100)}
    estimate = Estimate(jobs, [], cores=1, now=0.0)
    for n in range(50):
        estimate.start(n, 200.0 * n)
        estimate.finish(n, 200.0 * (n + 1))
    assert estimate.state(10_000.0).left == pytest.approx(10_000, rel=0.02)


def test_what_was_never_timed() -> None:
    """The time left covers only timed jobs; untimed kinds are counted; a failed job starts anew."""
    estimate = Estimate({0: Job(TRAIN, 1), 1: Job(PLAY, 1, 10.0)}, [], 1, 0.0)
    state = estimate.state(0.0)
    assert (state.untimed, state.left) == (1, pytest.approx(10.0))
    assert "at least 00:10 left" in as_text(state)
    estimate.start(0, 0.0)
    assert estimate.state(5.0).share == 0.0
    estimate.fail(0)
    estimate.start(0, 50.0)
    estimate.finish(0, 60.0)
    state = estimate.state(60.0)
    assert (state.untimed, state.share) == (0, 0.5)
    unknown = Estimate({0: Job(TRAIN, 1)}, [], 1, 0.0)
    assert as_text(unknown.state(9.0)) == "0/1 jobs, 0 jobs/min, time left not known yet"


def test_the_bar_fits() -> None:
    """The bar fits the terminal's width, with its numbers."""
    state = State(23, 95, 0.34, 0.05, 4000.0, 0)
    line = as_bar(state, 90)
    assert len(line) < 90 and line.startswith("all jobs:  34%|")
    assert line.endswith("| 23/95 jobs, 3 jobs/min, 1:06:40 left")


def test_records(tmp_path: Path) -> None:
    """A killed job has no record; a short job's record has nothing but its time."""
    path = tmp_path / "a.tsv"
    assert read(path) is None
    head = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
    path.write_text(head)
    assert read(path) is None
    path.write_text(head + "0.5\t0:00:00" + "\tNA" * 8 + "\n")
    record = read(path)
    assert record is not None and record.seconds == 0.5 and record.memory != record.memory


def command(place: Path, seconds: float) -> tuple[list[str], dict[str, str]]:
    """Return the workflow's command line in a folder, and its environment."""
    (place / "Snakefile").write_text(WORKFLOW.replace("SECONDS", str(seconds)))
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm"}
    return [sys.executable, "-m", "snakemake", "--cores", "2"], surroundings


@pytest.mark.parametrize("options", [[], ["--quiet", "progress"]])
def test_in_a_log(tmp_path: Path, options: list[str]) -> None:
    """A log gets plain lines, the last at the end; none with `--quiet progress`."""
    run, surroundings = command(tmp_path, 0.1)
    done = subprocess.run(
        [*run, *options],
        cwd=tmp_path,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    assert ("All jobs: 100 % of the work, 4/4 jobs" in done.stderr) is not bool(options)


def test_on_a_terminal(tmp_path: Path) -> None:
    """The bar has the terminal's last line while jobs run, and releases it, even after Ctrl-C."""
    run, surroundings = command(tmp_path, 30)
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    subprocess.run(["stty", "rows", "24", "cols", "90"], stdin=theirs, check=True)
    process = subprocess.Popen(
        run, cwd=tmp_path, env=surroundings, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    output, ends = b"", time.monotonic() + 120
    while b"| 0/4 jobs" not in output:
        assert time.monotonic() < ends and process.poll() is None, output.decode()
        output += heard(ours)
    # All lines but the last scroll; the bar is on the last.
    assert b"\x1b[1;23r" in output and b"\x1b[24;1H\x1b[2Kall jobs:   0%|" in output
    assert b"\x1b[r" not in output
    os.killpg(process.pid, signal.SIGINT)
    while process.poll() is None or (more := heard(ours)):
        assert time.monotonic() < ends
        output += more if process.poll() is not None else heard(ours)
    assert output.count(b"\x1b[r") == 1 and b"all jobs" not in output.partition(b"\x1b[r")[2]


def heard(terminal: int) -> bytes:
    """Return the terminal's new output."""
    time.sleep(0.05)
    try:
        return os.read(terminal, 65536)
    except (BlockingIOError, OSError):
        return b""
