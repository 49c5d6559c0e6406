"""How long Snakemake takes to find that there is nothing to do, at the paper's size."""

import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Result

ROOT = Path(__file__).resolve().parent.parent
TARGET = "results/paper_tables"
NOT_COPIED = ("results", ".*", "__pycache__", "*.egg-info")
LIMIT = 5.0  # seconds; the baseline


def snakemake(folder: Path, *arguments: str) -> str:
    """Run Snakemake in a folder and return its output."""
    command = ["snakemake", TARGET, "--cores", "1", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout + done.stderr


def finish(folder: Path) -> None:
    """Make a tree that looks finished: every output exists, and is marked as made."""
    shutil.copytree(ROOT, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for line in snakemake(folder, "-n").splitlines():
        key, _, paths = line.strip().partition(": ")
        if key == "output":
            for path in paths.split(", "):
                output = folder / path
                output.parent.mkdir(parents=True, exist_ok=True)
                if output.suffix in (".zarr", ""):
                    output.mkdir()
                else:
                    output.write_text(path)
    snakemake(folder, "--touch")


def noop() -> Result:
    """Return the median seconds of `snakemake -n` on a finished tree of the paper's 422 jobs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        finish(folder)
        seconds = []
        for _ in range(3):
            start = time.perf_counter()
            output = snakemake(folder, "-n")
            seconds.append(time.perf_counter() - start)
            if "Nothing to be done" not in output:
                raise SystemExit(f"the tree is not finished:\n{output[-2000:]}")
    value = statistics.median(seconds)
    return Result("noop", value, LIMIT, value / LIMIT)
