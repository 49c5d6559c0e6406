"""Files that are whole or absent: atomic renames, digests, JSON."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from world_models.errors import WorldModelsError


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success rename it to `path`, else remove it.

    The temporary is a file or a folder, as the caller makes it. A folder already at `path` is
    replaced; readers of the old one keep what they have open.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    _remove(temporary)
    try:
        yield temporary
        if path.is_dir():
            _remove(path)
        os.replace(temporary, path)
    finally:
        _remove(temporary)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON with sorted keys, atomically; NaN is refused."""
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"
    write_text(path, text)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, with Unix line ends on every system."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def read_json(path: Path, kind: str, task: str | None = None) -> dict[str, Any]:
    """Read a JSON file that describes an artifact, and check what it describes.

    Args:
        path: the file.
        kind: what its "kind" must be, e.g. "rollouts" or "vision".
        task: the task it must belong to; None accepts any.

    Raises:
        WorldModelsError: missing, not JSON, another kind or another task.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WorldModelsError(f"{path}: missing; run the stage that makes it") from error
    except (OSError, ValueError) as error:
        raise WorldModelsError(f"{path}: not readable as JSON ({error}); make it anew") from error
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise WorldModelsError(f"{path}: does not describe {kind}; give the path of one that does")
    if task is not None and content.get("task") != task:
        raise WorldModelsError(
            f"{path}: belongs to task {content.get('task')}, not {task}; use {task}'s own"
        )
    return content


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of a folder's files with their relative names.

    Snakemake's `.snakemake_timestamp` is not content and is left out.
    """
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    whole = hashlib.sha256()
    for file_path in sorted(entry for entry in path.rglob("*") if entry.is_file()):
        if file_path.name != ".snakemake_timestamp":
            whole.update(f"{file_path.relative_to(path).as_posix()}\0".encode())
            whole.update(digest(file_path).encode())
    return whole.hexdigest()
