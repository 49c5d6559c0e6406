"""The overhead of a generation over many tasks: `python -m benchmarks.cluster`.

Tasks are plain processes of this machine with SLURM's variables. Their calls have the size of real
ones and return at once, so a generation's time is all overhead: the client's, the scheduler's, the
workers' and their pools'. Here these share this machine's cores, on a cluster they would not. A
second table predicts the gain of more workers, if the overhead per unit stays the same.
"""

import argparse
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from world_models.execution.retry import RetryPolicy
from world_models.play.episodes import Assignment, Episode
from world_models.tasks.contract import End

PARAMETERS = 867  # of CarRacing's C
POPULATION, EPISODES = 64, 16
SHAPES = (4, 1)  # candidates in a unit: the setting's 4, and the fewest
GENERATIONS = 12


def nothing(argument: Any) -> None:
    """Set up nothing."""


def answer(candidates: Any, assignments: list[Assignment]) -> list[Episode]:
    """Return at once what playing a unit would return."""
    return [Episode(a.candidate, a.seed, 1000, 900.0, End.TRUNCATED) for a in assignments]


def unit(size: int) -> tuple[Any, list[Assignment]]:
    """Return the arguments of a unit of `size` candidates."""
    rows = np.random.default_rng(1).standard_normal((size, PARAMETERS)).astype(np.float32)
    return rows, [Assignment(c, 2**62 + e) for c in range(size) for e in range(EPISODES)]


def task(meeting: Path) -> None:
    """Run as one task; the client prints the seconds of each generation."""
    from benchmarks import cluster as here  # not __main__, which other processes can't import
    from world_models.execution.cluster import start_cluster

    retry_policy = RetryPolicy()
    with start_cluster(meeting, None, 1, here.nothing, None, retry_policy) as executor:
        found = {}
        for size in SHAPES:
            arguments, seconds = here.unit(size), []
            for _ in range(GENERATIONS):
                start = time.perf_counter()
                calls = [
                    executor.submit(here.answer, *arguments) for _ in range(POPULATION // size)
                ]
                for call in calls:
                    call.result()
                seconds.append(time.perf_counter() - start)
            found[str(size)] = seconds[2:]  # the first ones start the pools
        print(json.dumps(found))


def measure(workers: int) -> dict[int, float]:
    """Return the median seconds of an empty generation, by candidates in a unit."""
    with tempfile.TemporaryDirectory() as folder:
        tasks = []
        for number in range(workers + 2):
            environment = {"SLURM_PROCID": str(number), "SLURM_NTASKS": str(workers + 2)}
            tasks.append(subprocess.Popen(
                [sys.executable, "-m", "benchmarks.cluster", "--task", f"{folder}/meeting"],
                env={**os.environ, **environment, "SLURM_JOB_ID": "1"}, text=True,
                stdout=subprocess.PIPE if number == 1 else subprocess.DEVNULL,
            ))  # fmt: skip
        out, _ = tasks[1].communicate(timeout=300)
        for each in tasks:
            each.wait(60)
    return {int(size): statistics.median(seconds) for size, seconds in json.loads(out).items()}


def model(workers: int, size: int, a_unit: float, an_episode: float) -> tuple[float, float]:
    """Return the seconds of a generation: playing, and overhead.

    Workers play units in rounds, one unit each. The client and the scheduler handle one unit after
    the other.
    """
    units = POPULATION // size
    rounds = -(-units // workers)
    return rounds * size * EPISODES * an_episode, units * a_unit


def main(argv: list[str] | None = None) -> None:
    """Measure, then print the measurements and the model's predictions."""
    parser = argparse.ArgumentParser(description="overhead of a generation over many tasks")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4, 12])
    parser.add_argument(
        "--episode", type=float, default=0.29,
        help="core-seconds of an episode, side by side with others (default %(default)g)",
    )  # fmt: skip
    parser.add_argument("--task", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.task:
        return task(args.task)
    print("| candidates per unit | units | bytes to a worker | bytes back |\n|---|---|---|---|")
    for size in SHAPES:
        there, back = (len(pickle.dumps(each)) for each in (unit(size), answer(*unit(size))))
        print(f"| {size} | {POPULATION // size} | {there:,} | {back:,} |")
    print("\n| workers | candidates per unit | empty generation, ms | ms per unit |")
    print("|---" * 4 + "|")
    worst: dict[int, float] = dict.fromkeys(SHAPES, 0.0)
    for workers in args.workers:
        for size, seconds in measure(workers).items():
            a_unit = seconds / (POPULATION // size)
            worst[size] = max(worst[size], a_unit)
            print(f"| {workers} | {size} | {1000 * seconds:.0f} | {1000 * a_unit:.1f} |")
    print("\n| workers | candidates per unit | playing, s | overhead, s | share |")
    print("|---" * 5 + "|")
    for workers in (16, 64, 256, 1024):
        for size in SHAPES:
            playing, rest = model(workers, size, worst[size], args.episode)
            share = rest / (playing + rest)
            print(f"| {workers} | {size} | {playing:.0f} | {rest:.2f} | {100 * share:.1f} % |")


if __name__ == "__main__":
    main()
