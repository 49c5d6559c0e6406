"""A small finished tree: a clone at another path, in which the real pipeline has run once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from world_models.settings import overlay

ROOT = Path(__file__).resolve().parents[1]
TARGET = "results/smoke/paper_tables"

# Smaller than `smoke`, with the same rules and files: two shards and two controllers per task.
MODEL = {"epochs": 1, "batch_size": 16, "threads": 1}
EVOLUTION = {
    "population": 4,
    "episodes": 1,
    "generations": 2,
    "validation_every": 1,
    "validation_episodes": 2,
    "candidates_per_unit": 2,
    "slots": 2,
}
SCORED = {"episodes": 2, "slots": 2}
SHARED: dict[str, Any] = {
    "rollouts": {"min_length": 20},
    "shards": {"episodes": 4, "held_out_episodes": 2, "episodes_per_shard": 2},
    "vision": {**MODEL, "frames_per_epoch": 160},
    "memory": {**MODEL, "batch_size": 4, "sequence_length": 32},
    "controller": EVOLUTION,
    "evaluation": SCORED,
    "dream_evaluation": SCORED,
    "transfer": {"controllers": 2, "episodes": 1, "slots": 2},
    "death_prediction": SCORED,
    "open_loop": {"episodes": 2, "dream_episodes": 2, "slots": 2},
    "seen": {"episodes": 2, "slots": 1},
    "horizon": {"starts": 4, "observed_steps": 10, "horizons": [1, 10, 30]},
    "regions": {"episodes": 1},
}
TINY: dict[str, Any] = {
    "car_racing": {
        **SHARED,
        "environment": {"max_steps": 45},
        "controllers": {"variants": ["z", "z_h"]},
    },
    "take_cover": {
        **SHARED,
        "environment": {"max_steps": 120, "resolution": "160x120"},
        "controllers": {"temperatures": [1.0, 1.15]},
    },
}


def run(
    *command: str, cwd: Path, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a tree, as a user would; it imports the tree's own code.

    Python is started by `tests.forkserver`.
    """
    settings = {**os.environ, "PYTHONPATH": str(cwd / "src"), **environment}
    first = (os.environ["FORKSERVER"], str(Path(sys.executable).parent))
    settings["PATH"] = os.pathsep.join([*first, settings["PATH"]])
    done = subprocess.run(
        command, cwd=cwd, env=settings, capture_output=True, text=True, timeout=850, check=False
    )
    if check:
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done


def git(tree: Path, *arguments: str) -> str:
    """Run git in a tree, with a committer's name."""
    who = ("-c", "user.name=A Tester", "-c", "user.email=tester@localhost")
    return run("git", *who, *arguments, cwd=tree).stdout


def write_clone(tree: Path) -> None:
    """Make `tree` a repository with this working tree's files and a tiny `smoke` scale."""
    listed = run("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT).stdout
    for name in listed.split("\0"):
        # Skip deleted files, folders and the published results of other runs.
        if name and (ROOT / name).is_file() and not name.startswith("results/"):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    drop_studies(tree / "config.yaml")
    edit_config(tree, {"scales": {"smoke": TINY}})
    git(tree, "init", "--quiet", "--initial-branch=main")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "All files")


def without_studies(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration without studies, at any scale; tests add their own."""
    scales = {
        name: {key: value for key, value in (scale or {}).items() if key != "studies"}
        for name, scale in config["scales"].items()
    }
    alone = {task: {"successors": {"beside": []}} for task in TINY}
    return overlay({**config, "studies": {}, "scales": scales}, alone)


def drop_studies(path: Path) -> None:
    """Remove the studies from a config.yaml."""
    content = without_studies(yaml.safe_load(path.read_text(encoding="utf-8")))
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def edit_config(tree: Path, changes: dict[str, Any]) -> None:
    """Apply changes to a tree's config.yaml."""
    path = tree / "config.yaml"
    content = overlay(yaml.safe_load(path.read_text(encoding="utf-8")), changes)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def build(tree: Path) -> Path:
    """Build the finished tree; return its path."""
    tree.mkdir(parents=True)
    write_clone(tree)
    run("snakemake", "--cores", "2", TARGET, cwd=tree)
    return tree


def copy(tree: Path, to: Path) -> Path:
    """Copy a whole tree, with the files' times, which Snakemake's records need."""
    run("cp", "--archive", str(tree), str(to), cwd=tree)
    return to


def snakemake(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in a tree."""
    return run("snakemake", *arguments, cwd=tree)


def planned(tree: Path, *arguments: str) -> dict[str, int]:
    """Return how many jobs of each rule Snakemake would run."""
    output = snakemake(tree, "-n", "--cores", "2", *(arguments or (TARGET,))).stdout
    if "Job stats:" not in output:
        assert "Nothing to be done" in output, output
        return {}
    return dict(_rows(output[output.index("Job stats:") :].splitlines()[3:]))


def _rows(lines: Sequence[str]) -> list[tuple[str, int]]:
    rows = []
    for line in lines:
        name, _, count = line.partition(" ")
        if name == "total":
            break
        rows.append((name, int(count)))
    return rows
