"""Kill a training run with SIGKILL and continue it with the same command."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.finished import ROOT


def run_killed(script: str, folder: Path, waits: Sequence[float]) -> None:
    """Run a stage to its end, killing it after each of its first snapshots.

    Args:
        script: what Python runs; it can import `tests` and `world_models`.
        folder: holds the stage's `progress` folder and gets the script.
        waits: for each kill, seconds between a new snapshot and the kill.

    Raises:
        AssertionError: if the stage ends before a kill.
    """
    (folder / "stage.py").write_text(script, encoding="utf-8")
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PATH": os.pathsep.join([os.environ["FORKSERVER"], os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }
    snapshot = folder / "progress" / "snapshot.safetensors"
    for wait in waits:
        known = snapshot.stat().st_mtime_ns if snapshot.exists() else 0
        process = subprocess.Popen(["python", str(folder / "stage.py")], env=environment)
        while process.poll() is None:
            if snapshot.exists() and snapshot.stat().st_mtime_ns != known:
                break
            time.sleep(0.01)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not (folder / "model.safetensors").exists()
    subprocess.run(["python", str(folder / "stage.py")], env=environment, check=True, timeout=300)
