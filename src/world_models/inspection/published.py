"""Find the scored controllers in a scale's folder, to evaluate or watch them again."""

import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.execution.processes import OWNER
from world_models.storage.files import read_json

MODEL = "model.safetensors"


@dataclass(frozen=True)
class PublishedController:
    """One controller and its scores.

    Attributes:
        task: what it plays. name: its folder, e.g. "z_h" or "tau_1.15".
        scores: the CSV of its evaluation in the real environment.
        models: command-line options that name C, V and, if the controller uses it, M.
    """

    task: str
    name: str
    scores: Path
    models: list[str]


def find(
    root: Path, task: str | None = None, names: Collection[str] = ()
) -> list[PublishedController]:
    """Return a scale's controllers that have scores, in order of task and name.

    Args:
        root: the scale's folder, e.g. results/lab.
        task: only this task's controllers. names: only these; empty means all.

    Raises:
        WorldModelsError: there is none, or none of a given name; or a description is damaged.
    """
    folders = sorted(each.parent for each in root.glob("*/controllers"))
    found = [
        (folder.name, path)
        for folder in folders
        if task in (None, folder.name)
        for path in sorted((folder / "controllers").glob(f"*/{MODEL}"))
        if (folder / "evaluation" / f"{path.parent.name}.csv").is_file()
    ]
    where = root / (task or "")
    if not found:
        raise WorldModelsError(
            f"{where}: no published controllers with scores; fetch them (make fetch) or give "
            "another SCALE or TASK"
        )
    known = sorted({path.parent.name for _, path in found})
    if missing := sorted(set(names) - set(known)):
        raise WorldModelsError(
            f"{where}: no controller {missing[0]} with scores; available: {', '.join(known)}"
        )
    selection = set(names) or set(known)
    return [_scored(root / each, path) for each, path in found if path.parent.name in selection]


def _scored(folder: Path, path: Path) -> PublishedController:
    about = read_json(path.with_suffix(".json"), "controller", folder.name)
    models = ["--controller", str(path), "--vision", str(folder / "vision" / MODEL)]
    if "memory" in about.get("models", {}):  # the models it was evolved with
        models += ["--memory", str(folder / "memory" / MODEL)]
    name = path.parent.name
    return PublishedController(folder.name, name, folder / "evaluation" / f"{name}.csv", models)


def scale_of(root: Path) -> str:
    """Return the scale whose folder this is: `results` itself is the paper scale."""
    return "paper" if root.name == "results" else root.name


def beside(root: Path, name: str) -> Path:
    """Return the folder `name` in `results`, where `root` is a scale's folder."""
    return (root if root.name == "results" else root.parent) / name


def run_stage(module: str, options: list[str]) -> None:
    """Run a stage; it ends if this process ends.

    Raises:
        SystemExit: the stage failed, and has printed why.
    """
    command = [sys.executable, "-m", f"world_models.{module}", *options]
    try:
        status = subprocess.run(
            command, env={**os.environ, OWNER: str(os.getpid())}, check=False
        ).returncode
    except KeyboardInterrupt:
        status = 130
    if status:
        sys.exit(status)
