"""Find the scored controllers of a scale or a study, to evaluate or watch them again."""

import os
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from world_models.errors import WorldModelsError
from world_models.execution.processes import OWNER
from world_models.settings import Settings, resolve
from world_models.storage.files import digest, read_json

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
    """Return a scale's or a study's controllers that have scores, in order of task and name.

    Args:
        root: its folder, e.g. results/lab or results/lab/studies/racing_longer.
        task: only this task's controllers. names: only these; empty means all.

    Raises:
        WorldModelsError: there is none, or none of a given name; a description is damaged; or a
            controller's V or M is missing.
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
    return [_scored(root, each, path) for each, path in found if path.parent.name in selection]


def _scored(root: Path, task: str, path: Path) -> PublishedController:
    evolved_with = read_json(path.with_suffix(".json"), "controller", task).get("models", {})
    vision, with_memory = evolved_with.get("vision"), []
    if "memory" in evolved_with:
        memory = _model(root, task, "memory", evolved_with["memory"])
        # A C that evolved in the dream names M alone; M names the V that it learnt from.
        vision = vision or read_json(memory.with_suffix(".json"), "memory", task).get("vision")
        with_memory = ["--memory", str(memory)]
    models = ["--controller", str(path), "--vision", str(_model(root, task, "vision", vision))]
    name = path.parent.name
    scores = root / task / "evaluation" / f"{name}.csv"
    return PublishedController(task, name, scores, [*models, *with_memory])


def _model(root: Path, task: str, stage: str, expected: str | None) -> Path:
    """Return the V or M of a digest. A study may use its scale's, or another study's."""
    scale = scale_folder(root)
    own, shared = root / task / stage / MODEL, scale / task / stage / MODEL
    for path in (own, shared, *sorted(scale.glob(f"studies/*/{task}/{stage}/{MODEL}"))):
        if path.is_file() and digest(path) == expected:
            return path
    raise WorldModelsError(
        f"{own}: the {stage} that the controllers were evolved with is neither here nor in {scale} "
        "or its studies; fetch it (make fetch)"
    )


def scale_folder(root: Path) -> Path:
    """Return the scale's folder, given that or a study's."""
    return root.parent.parent if root.parent.name == "studies" else root


def scale_of(root: Path) -> str:
    """Return the scale that a scale's or a study's folder belongs to: `results` is paper's."""
    folder = scale_folder(root)
    return "paper" if folder.name == "results" else folder.name


def settings_of(root: Path, config: dict[str, Any]) -> Settings:
    """Return the settings of a scale's or a study's folder, from the content of config.yaml.

    Raises:
        WorldModelsError: there is no such scale or study, or a setting is wrong.
    """
    return resolve(config, scale_of(root), None if scale_folder(root) == root else root.name)


def beside(root: Path, name: str) -> Path:
    """Return the folder `name` in `results`, where `root` is a scale's or a study's folder."""
    folder = scale_folder(root)
    return (folder if folder.name == "results" else folder.parent) / name


def label(root: Path) -> Path:
    """Return where its files go below such a folder, e.g. lab or lab/studies/racing_longer."""
    return Path(scale_of(root)) / root.relative_to(scale_folder(root))


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
