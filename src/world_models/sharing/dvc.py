"""Calls of DVC: its commands, its cache and remote, and what it has published."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from world_models.errors import WorldModelsError

PUBLISHED = Path("published.yaml")
STAGES = Path("dvc.yaml")


class ShareError(WorldModelsError):
    """A failure of sharing, described in one line."""


def dvc(*arguments: str, failure: str) -> None:
    """Run DVC.

    Raises:
        ShareError: it failed.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    if subprocess.run(command, check=False).returncode:
        raise ShareError(failure)


def in_git() -> None:
    """Refuse to share from a folder outside git, e.g. an unpacked archive."""
    process = subprocess.run(["git", "rev-parse", "--git-dir"], capture_output=True, check=False)
    if process.returncode:
        raise ShareError(
            "this folder is not a git repository, and git records what is shared; work in a "
            "clone (git clone), or: git init && git add --all && git commit"
        )


def has_remote() -> None:
    """Refuse to go on without a remote."""
    process = subprocess.run(
        [sys.executable, "-m", "dvc", "remote", "default"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode or "No default remote" in process.stdout:
        raise ShareError("no remote yet; name one: make remote URL=<a folder or ssh://host/path>")


def list_scale(scale: str, root: str, groups: Iterable[str]) -> None:
    """Add a scale to the given lists of published.yaml, which dvc.yaml reads."""
    text = PUBLISHED.read_text(encoding="utf-8")
    head, lists = text.partition("\npublished:")[0], yaml.safe_load(text)
    for group in groups:
        lists.setdefault(group, {})[scale] = root
    content = yaml.safe_dump(lists, sort_keys=False)
    PUBLISHED.write_text(f"{head}\n{content}", encoding="utf-8")


def known() -> dict[str, Any]:
    """Return the stages of dvc.lock: everything published so far."""
    lock = Path("dvc.lock")
    if not lock.is_file():
        return {}
    stages: dict[str, Any] = yaml.safe_load(lock.read_text(encoding="utf-8"))["stages"]
    return stages


def targets(stages: Iterable[str]) -> list[str]:
    """Return what to tell DVC for some of its stages: dvc.yaml, if they are all that it has.

    DVC reads dvc.yaml anew, twice or more, for each stage that is named.
    """
    every, lists = set(), yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    for name, stage in yaml.safe_load(STAGES.read_text(encoding="utf-8"))["stages"].items():
        group = stage.get("foreach")
        scales = lists.get(group.strip("${}")) if group else None
        every |= {f"{name}@{scale}" for scale in scales or ()} if group else {name}
    names = list(stages)
    return [str(STAGES)] if set(names) == every else names


def is_here(outputs: list[dict[str, Any]]) -> bool:
    """Say whether any output of a stage exists here."""
    return any(Path(out["path"]).exists() for out in outputs)


def room_for(outputs: list[dict[str, Any]]) -> str:
    """Return a hint if the disk of the cache or of the results may be too small for outputs."""
    size = sum(out["size"] for out in outputs if not Path(out["path"]).exists())
    places = [
        next(each for each in (path, *path.parents) if each.exists())
        for path in (cache().resolve(), Path.cwd())
    ]
    free = min(shutil.disk_usage(place).free for place in places)
    if size <= free:
        return ""
    return (
        f". Too little room: {size / 1e6:.0f} MB to fetch, {free / 1e6:.0f} MB free; make room, or "
        "fetch fewer kinds (KINDS='vision memory')"
    )


def clear_cache(start: float) -> None:
    """Remove partial files of a failed pull from the cache: DVC leaves them on the disk."""
    for path in cache().glob("files/md5/??/.*.tmp"):
        if path.stat().st_mtime >= start:
            path.unlink()


def cache() -> Path:
    """Return the folder of DVC's cache."""
    process = subprocess.run(
        [sys.executable, "-m", "dvc", "cache", "dir"], capture_output=True, text=True, check=False
    )
    return Path(process.stdout.strip() or ".dvc/cache")
