"""Run one benchmark, or all of them, and print the results."""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Result
from world_models.provenance.stages import METHODS
from world_models.stage.surroundings import prepare
from world_models.storage.files import write_text

TABLE = Path("results/bench.md")

NAMES = (
    "environment-car-racing",
    "rollout-car-racing",
    "rollout-take-cover",
    "dream",
    "vision",
    "memory",
    "rssm",
    "collect",
    "leak",
    "waste",
    "noop",
)
LEARN = tuple(f"learn-{method.replace('_', '-')}" for method in METHODS)
OTHERS = ("dream-float32", "memory-take-cover", "vision-float32", *LEARN)


def find(name: str) -> Callable[[], Result]:
    """Return the benchmark of that name; only its own module is imported."""
    if name == "environment-car-racing":
        from benchmarks.environment import environment

        return environment
    if name.startswith("rollout-"):
        from benchmarks.rollout import rollout

        return lambda: rollout(name.removeprefix("rollout-").replace("-", "_"))
    if name.startswith("dream"):
        from benchmarks.dream import dream

        return lambda: dream(fast=name == "dream")
    if name == "rssm":
        from benchmarks.rssm import rssm

        return rssm
    if name in LEARN:
        from benchmarks.learning import learn

        return lambda: learn(name.removeprefix("learn-").replace("-", "_"))
    if name == "noop":
        from benchmarks.noop import noop

        return noop
    if name in ("leak", "waste"):
        from benchmarks import worker

        found: Callable[[], Result] = getattr(worker, name)
        return found
    from benchmarks import stores

    if name == "vision-float32":
        return lambda: stores.vision(mixed=False)
    if name == "memory-take-cover":
        return lambda: stores.memory("take_cover")
    found = getattr(stores, name)
    return found


def processor() -> str:
    """Return the processor's name."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
        return f"{names[0]}, {len(names)} cores"
    except (OSError, IndexError):
        return f"{platform.processor()}, {os.cpu_count()} cores"


def run(name: str) -> dict[str, float]:
    """Run a benchmark in a process of its own; return its result."""
    command = [sys.executable, "-m", "benchmarks", name]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(path: Path) -> None:
    """Run each benchmark in a process of its own; print a Markdown table, and write it."""
    lines: list[str] = []

    def add(line: str) -> None:
        lines.append(line)
        print(line, flush=True)

    add(
        f"{processor()}\n\n| benchmark | ours | baseline | ratio | seconds |\n|---|---|---|---|---|"
    )
    for name in NAMES:
        start = time.monotonic()
        found, took = run(name), time.monotonic() - start
        values = f"{found['value']:g} | {found['baseline']:g} | {found['ratio']:g}"
        add(f"| {name} | {values} | {took:.0f} |")
    write_text(path, "\n".join([*lines, ""]))


def main() -> None:
    """Parse the command line and run."""
    prepare()
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*NAMES, *OTHERS, "all"])
    name = parser.parse_args().name
    if name == "all":
        table(TABLE)
        return
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    print(json.dumps(find(name)().rounded()))


if __name__ == "__main__":
    main()
