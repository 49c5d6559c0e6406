"""The pool replaces workers that are killed, hang or raise, and gives up after three failures."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.reliability import calls
from world_models.controller import fitness_workers as workers
from world_models.errors import WorldModelsError
from world_models.execution.inline import InlineExecutor
from world_models.execution.pool import Pool
from world_models.execution.retry import RetryPolicy
from world_models.play.episodes import Assignment, Episode
from world_models.stage.log import LOG
from world_models.tasks.contract import End

RETRY_POLICY = RetryPolicy(hung_after=3.0, attempts=3)


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Pass log lines on to `caplog`, even if an earlier stage has turned that off."""
    before = LOG.propagate
    LOG.propagate = True
    caplog.set_level(logging.INFO, logger="world_models")
    yield
    LOG.propagate = before


def pool(size: int = 2, set_up: Callable[[object], None] = calls.ready) -> Pool:
    """Make a pool of workers."""
    return Pool(size, set_up, None, RETRY_POLICY)


def gone(pids: set[int]) -> bool:
    """Return whether the processes end within 15 s."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        if not any(psutil.pid_exists(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_results_come_to_their_futures() -> None:
    """Each future gets its own result, whichever worker finishes first; no process is left."""
    with pool(3) as executor:
        futures = [executor.submit(calls.square, number) for number in range(50)]
        pids = {executor.submit(calls.pid).result() for _ in range(9)}
        assert [future.result() for future in futures] == [number**2 for number in range(50)]
    assert os.getpid() not in pids
    assert gone(pids)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("killed", "was killed by SIGKILL"),
        ("exits", "exited with status 7"),
        ("hangs", "made no step for 3 s"),
        ("raises", "raised ValueError at calls.py:"),
    ],
)
def test_work_is_done_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: str, message: str
) -> None:
    """If a worker fails, another one does its work, and the log says so."""
    with pool() as executor:
        futures = [executor.submit(calls.once, tmp_path, fault, number) for number in (0, 1, 2)]
        assert [future.result(timeout=60) for future in futures] == [0, 1, 4]
    lines = [line for line in caplog.messages if "repeated with the same seeds" in line]
    assert len(lines) == 3
    assert all(message in line and "failure 1 of 3" in line for line in lines)


@pytest.mark.parametrize("fault", ["killed", "raises"])
def test_failures_are_bounded(fault: str) -> None:
    """A unit that fails three times ends with a one-line error; other units are still done."""
    with pool() as executor:
        bad, good = executor.submit(calls.fail, fault), executor.submit(calls.square, 3)
        with pytest.raises(WorldModelsError, match="unit 1: 3 workers failed at it") as error:
            bad.result(timeout=60)
        assert good.result(timeout=60) == 9
    cause = {"killed": "SIGKILL", "raises": "ValueError at calls.py"}[fault]
    assert cause in str(error.value)
    assert "\n" not in str(error.value)


def test_a_users_mistake_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """A user's mistake is not retried, as it would only fail again."""
    with pool() as executor, pytest.raises(WorldModelsError, match="zarr: missing; fetch it"):
        executor.submit(calls.fail, "mistaken").result(timeout=60)
    assert not caplog.messages


@pytest.mark.parametrize(
    ("set_up", "message"),
    [
        (calls.never_ready, "starts: 3 attempts failed, the last one raised RuntimeError"),
        (calls.hangs_at_start, "starts: 3 attempts failed, the last one made no step for 3 s"),
        (calls.mistaken, "model.safetensors: missing; train it"),
    ],
)
def test_workers_that_do_not_start(set_up: Callable[[object], None], message: str) -> None:
    """If no worker starts, the pool stops with the cause instead of starting workers for ever."""
    with pool(1, set_up) as executor:
        futures = [executor.submit(calls.square, number) for number in range(3)]
        for future in futures:
            with pytest.raises(WorldModelsError, match=message):
                future.result(timeout=90)


def test_slow_is_not_hung(caplog: pytest.LogCaptureFixture) -> None:
    """A unit may take longer than the time-out as long as it makes steps."""
    with pool(1) as executor:
        assert executor.submit(calls.slowly, 6.0).result(timeout=60) == "done"
        time.sleep(4.0)  # an idle worker is not hung either
        assert executor.submit(calls.square, 2).result(timeout=60) == 4
    assert not caplog.messages


def test_an_idle_worker_killed() -> None:
    """An idle worker that is killed is replaced when there is work again."""
    with pool(1) as executor:
        os.kill(executor.submit(calls.pid).result(timeout=60), signal.SIGKILL)
        assert executor.submit(calls.square, 2).result(timeout=60) == 4


def test_an_error_ends_the_work_at_once() -> None:
    """Leaving the pool with an exception does not wait for running work."""
    began = None
    with pytest.raises(KeyboardInterrupt), pool(2) as executor:
        pids = {executor.submit(calls.pid).result(timeout=60)}
        futures = [executor.submit(calls.slowly, 300.0) for _ in range(4)]
        wait(futures, timeout=0.5)
        began = time.monotonic()
        raise KeyboardInterrupt
    assert began is not None and time.monotonic() - began < 10
    assert all(future.done() or not future.running() for future in futures[2:])
    assert gone(pids)


def test_overhead_is_small() -> None:
    """The pool's overhead per unit is small compared with an episode's second or more."""
    with pool(1) as executor:
        executor.submit(calls.square, 1).result(timeout=60)
        began = time.monotonic()
        futures = [executor.submit(calls.square, number) for number in range(500)]
        wait(futures)
        assert (time.monotonic() - began) / 500 < 0.02


class TestInline:
    """The inline executor: one worker, in this process."""

    def executor(self, torn_down: list[int]) -> InlineExecutor:
        """Make an executor that appends to `torn_down` at each tear-down."""
        return InlineExecutor(calls.ready, None, lambda: torn_down.append(1), RETRY_POLICY)

    def test_progress_is_reported_as_it_is_made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Progress is reported after each unit, and nothing is reported twice."""
        reported: list[str | int] = []

        def play_unit(candidates: object, unit: list[Assignment]) -> list[Episode]:
            reported.append("plays")
            return [Episode(each.candidate, each.seed, 1, 0.0, End.TERMINATED) for each in unit]

        monkeypatch.setattr(workers, "play_unit", play_unit)
        units = [[Assignment(0, seed) for seed in seeds] for seeds in ((1, 2, 3), (4, 5), (6,))]
        with self.executor([]) as executor:
            played = workers.play_all(
                executor, np.zeros((1, 2), np.float32), units, reported.append
            )
        assert reported == ["plays", 3, "plays", 2, "plays", 1]
        assert [episode.seed for episode in played] == [1, 2, 3, 4, 5, 6]

    def test_raising_is_tried_again(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """A unit that raises is tried again after a new set-up."""
        torn_down: list[int] = []
        with self.executor(torn_down) as executor:
            assert executor.submit(calls.once, tmp_path, "raises", 5).result() == 25
        assert len(torn_down) == 2
        assert "failure 1 of 3" in caplog.text

    def test_failures_are_bounded(self) -> None:
        """A unit that fails three times ends with a one-line error, as in the pool."""
        with (
            self.executor([]) as executor,
            pytest.raises(
                WorldModelsError, match=r"unit 1: failed 3 times, .* ValueError at calls"
            ),
        ):
            executor.submit(calls.fail, "raises").result()

    def test_mistakes_stay_what_they_are(self) -> None:
        """A user's mistake is not retried, as in the pool."""
        with (
            self.executor([]) as executor,
            pytest.raises(WorldModelsError, match="zarr: missing; fetch it"),
        ):
            executor.submit(calls.fail, "mistaken").result()
