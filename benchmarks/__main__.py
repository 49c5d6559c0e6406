"""Run one benchmark, or all of them, and print what was found."""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable

from benchmarks.measure import Result

NAMES = (
    "rollout-car-racing",
    "rollout-take-cover",
    "dream",
    "vision",
    "memory",
    "collect",
    "leak",
    "waste",
    "noop",
)


def find(name: str) -> Callable[[], Result]:
    """Return the benchmark of that name; only its own module is imported."""
    if name.startswith("rollout-"):
        from benchmarks.rollout import rollout

        return lambda: rollout(name.removeprefix("rollout-").replace("-", "_"))
    if name == "dream":
        from benchmarks.dream import dream

        return dream
    if name == "noop":
        from benchmarks.noop import noop

        return noop
    if name in ("leak", "waste"):
        from benchmarks import worker

        found: Callable[[], Result] = getattr(worker, name)
        return found
    from benchmarks import stores

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


def table() -> None:
    """Run each benchmark in a process of its own; print a Markdown table."""
    print(f"{processor()}\n\n| benchmark | ours | baseline | ratio |\n|---|---|---|---|")
    for name in NAMES:
        command = [sys.executable, "-m", "benchmarks", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        print(f"| {name} | {found['value']:g} | {found['baseline']:g} | {found['ratio']:g} |")
        sys.stdout.flush()


def main() -> None:
    """Take the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*NAMES, "all"])
    name = parser.parse_args().name
    if name == "all":
        table()
        return
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    print(json.dumps(find(name)().rounded()))


if __name__ == "__main__":
    main()
