"""Forked programs behave like programs that Python starts anew."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.forkserver.server import SCRIPTS

PROGRAM = """
import atexit, json, multiprocessing, os, random, sys, tempfile, threading
if __name__ == "__main__":
    os.umask(umask := os.umask(0))
    print(json.dumps([
        sys.argv, sys.path[0], os.getcwd(), umask, os.environ["A"], __name__, __file__,
        sys.prefix, sys.stdin.read(), "torch" in sys.modules, "world_models" in sys.modules,
    ]))
    print("mistake", file=sys.stderr)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(abs, [-3]))
    atexit.register(print, "last")
    threading.Timer(0.2, print, ["late"]).start()
    sys.exit(7)
"""


def start(*arguments: str, folder: Path, warm: bool) -> "subprocess.Popen[str]":
    """Start Python, through the fork server if `warm`."""
    first = os.environ["FORKSERVER"] if warm else str(Path(sys.executable).parent)
    environment = {"PATH": f"{first}:{os.environ['PATH']}", "A": "b c", "PYTHONPATH": str(folder)}
    return subprocess.Popen(
        ["python", *arguments], cwd=folder, umask=0o027, env={**os.environ, **environment},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("how", [("{}/told.py",), ("-m", "told")])
def test_it_is_the_same_but_for_the_libraries(tmp_path: Path, how: tuple[str, ...]) -> None:
    """Only libraries are imported in advance; arguments, paths, files and status are the same."""
    (tmp_path / "told.py").write_text(PROGRAM)
    arguments, ends = [each.format(tmp_path) for each in how], []
    for warm in (False, True):
        process = start(*arguments, "x y", "--z", folder=tmp_path, warm=warm)
        ends.append((*process.communicate("input", timeout=60), process.returncode))
    anew, forked = ends
    assert anew[1:] == ("mistake\n", 7)
    assert "input" in anew[0] and "b c" in anew[0]
    assert anew[0].endswith("false, false]\n[3]\nlate\nlast\n")
    assert (forked[0].replace("true, false]", "false, false]"), *forked[1:]) == anew


@pytest.mark.parametrize(
    "end", ["", "sys.exit('a message')", "sys.exit(-1)", "1 / 0", "os.kill(os.getpid(), 2)"]
)
def test_it_ends_in_the_same_way(tmp_path: Path, end: str) -> None:
    """A message, an error and an interrupt give the same output and status."""
    (tmp_path / "told.py").write_text(f"import os, sys; print('said')\n{end}\n")
    ends = []
    for warm in (False, True):
        process = start("told.py", folder=tmp_path, warm=warm)
        output, mistakes = process.communicate(timeout=60)
        ends.append((output, mistakes.splitlines()[-1:], process.returncode))
    assert ends[0] == ends[1]


def test_other_settings_of_the_libraries_start_anew(tmp_path: Path) -> None:
    """A variable that libraries read on import makes Python start anew."""
    code = "import sys; sys.exit('torch' in sys.modules)"
    (tmp_path / "told.py").write_text(code)
    path = f"{os.environ['FORKSERVER']}:{os.environ['PATH']}"
    for changes, status in (({}, 1), ({"OMP_NUM_THREADS": "13"}, 0)):
        environment = {**os.environ, "PATH": path, **changes}
        found = subprocess.run(["python", "told.py"], cwd=tmp_path, env=environment, check=False)
        assert found.returncode == status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_both(tmp_path: Path, number: signal.Signals) -> None:
    """A signal ends both the program and its stand-in."""
    (tmp_path / "told.py").write_text(
        "import os, time; print(os.getpid(), flush=True); time.sleep(99)"
    )
    process = start("told.py", folder=tmp_path, warm=True)
    assert process.stdout is not None
    program = psutil.Process(int(process.stdout.readline()))
    process.send_signal(number)
    assert process.wait(timeout=20) == -number
    end = time.monotonic() + 20
    while program.is_running() and time.monotonic() < end:
        time.sleep(0.05)
    assert not program.is_running()


def test_scripts_are_those_of_this_environment() -> None:
    """Each stand-in has a real program in this Python's folder."""
    for name in SCRIPTS:
        assert (Path(sys.executable).parent / name).exists()
