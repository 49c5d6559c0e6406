"""The benchmark commands run on tiny workloads; the numbers measured here mean nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__, agreement, learning, measure, ranking, rates, tricks
from tests.finished import ROOT
from world_models.tasks import get_task

pytestmark = pytest.mark.slow

SHORT = {
    "car_racing": {"max_steps": 12},
    "take_cover": {"max_steps": 12, "resolution": "160x120"},
}
# Run each workload once, without warm-up.
ONCE = """
import sys
from benchmarks import measure
from benchmarks.measure import rate, Result
measure.compare = lambda name, a, b, rounds=1: Result(name, rate(a), rate(b), 1.0)
from benchmarks import rssm
rssm.SCALE = "smoke"
from benchmarks.__main__ import main
main()
"""


def short(name: str, environment: Any = None) -> Any:
    """Return a task with short episodes."""
    return get_task(name, environment or SHORT[name])


def command(monkeypatch: pytest.MonkeyPatch, main: Callable[[], None], *arguments: str) -> None:
    """Run a benchmark's command line."""
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    main()


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the commands in the repository, where the published models are."""
    monkeypatch.chdir(ROOT)


def run(*arguments: str) -> str:
    """Run Python in the repository; return its output."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "SDL_VIDEODRIVER": "dummy"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["dream", "rssm"])
def test_one(name: str) -> None:
    """The benchmark reports our rate and the baseline's."""
    found = json.loads(run("-c", ONCE, name).splitlines()[-1])
    assert found["value"] > 0 and found["baseline"] > 0


def test_learning(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The benchmark trains a method very briefly and scores it against the random policy."""
    tiny = {"steps": 80, "prefill_steps": 40, "train_ratio": 4.0, "batch_size": 2}
    monkeypatch.setitem(learning.SETTINGS, "planet", {**learning.SETTINGS["planet"], **tiny})
    monkeypatch.setattr(learning, "ENVIRONMENT", {**learning.ENVIRONMENT, "max_steps": 20})
    command(monkeypatch, __main__.main, "learn-planet")
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["name"] == "learn-planet" and found["value"] > 0 and found["baseline"] > 0


def test_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`all` writes a table of all benchmarks to a file."""
    result = {"value": 3.0, "baseline": 2.0, "ratio": 1.5}
    monkeypatch.setattr(__main__, "run", lambda name: result)
    monkeypatch.setattr(__main__, "TABLE", tmp_path / "bench.md")
    command(monkeypatch, __main__.main, "all")
    lines = (tmp_path / "bench.md").read_text().splitlines()
    assert [line.split()[1] for line in lines[4:]] == list(__main__.NAMES)
    for name in (*__main__.NAMES, *__main__.OTHERS):
        assert callable(__main__.find(name))


@pytest.mark.parametrize(("task", "name"), [("take_cover", "tau_1.15"), ("car_racing", "z")])
def test_ranking(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], task: str, name: str
) -> None:
    """The command prints three rankings of candidates around a published controller."""
    monkeypatch.setattr(ranking, "get_task", short)
    monkeypatch.setattr(ranking, "CANDIDATES", 3)
    monkeypatch.setattr(ranking, "SLOTS", 2)
    command(monkeypatch, ranking.main, "results/lab", task, name, "--episodes", "1")
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_agreement(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The command compares frames and scores of our drawing and Gymnasium's."""
    monkeypatch.setattr(agreement, "TASK", short("car_racing"))
    command(monkeypatch, agreement.main, "results/lab", "z_h", "--episodes", "2")
    assert "our drawing less Gymnasium's, same tracks:" in capsys.readouterr().out


def test_cluster() -> None:
    """The command measures a generation's overhead with a scheduler, a client and a worker."""
    assert "| 1024 | 1 |" in run("-m", "benchmarks.cluster", "--workers", "1")


def test_tricks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints a line per measurement and the parts of a step."""
    record, affinity = tricks.record, os.sched_getaffinity(0)
    monkeypatch.setattr(tricks, "record", lambda folder, *_: record(folder, 2, 64))
    monkeypatch.setattr(tricks, "compare", once)
    try:
        command(monkeypatch, tricks.main)
    finally:
        os.sched_setaffinity(0, affinity)
    assert "a step of CarRacing, µs: V, M and C" in capsys.readouterr().out


def once(name: str, ours: measure.Work, baseline: measure.Work, rounds: int) -> measure.Result:
    """Compare in a single round."""
    return measure.Result(name, measure.rate(ours), measure.rate(baseline), 1.0)


def test_rates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command writes all rates from which the costs are computed to a file."""
    monkeypatch.setattr(rates, "HERE", tmp_path)
    monkeypatch.setattr(rates, "FAST", SHORT)
    monkeypatch.setattr(rates, "SCORED", 1)
    monkeypatch.setattr(rates, "median", lambda work, rounds=1: measure.rate(work))
    monkeypatch.setattr(rates, "run", lambda name: {"value": 1.0})
    command(monkeypatch, rates.main)
    known = json.loads((ROOT / "benchmarks/rates.json").read_text())["rates"]
    found = json.loads((tmp_path / "rates.json").read_text())["rates"]
    assert found.keys() == known.keys() and min(found.values()) > 0
