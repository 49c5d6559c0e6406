"""Files that are whole or absent: atomic renames, digests, JSON."""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from world_models.errors import WorldModelsError

SEAL = "sha256_of_this_file"
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success rename it to `path`, else remove it.

    The caller makes the temporary path a file or a folder. A folder already at `path` is replaced;
    readers of the old one keep what they have open. Temporary files of earlier attempts, left by
    killed processes, are removed; should such a process still run, its rename fails and changes
    nothing.

    Raises:
        WorldModelsError: the disk is full. The temporary path is removed; `path` is unchanged.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left_over in path.parent.glob(f".{path.name}.*.part"):
            _remove(left_over)
        yield temporary
        _flush_to_disk(temporary)
        _move(temporary, path)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise no_room(path, error.strerror or str(error)) from error
    finally:
        _remove(temporary)


def no_room(path: Path, cause: str) -> WorldModelsError:
    """Return the error for a disk (or quota) without room for `path`."""
    return WorldModelsError(
        f"{path}: not written ({cause}); free some space there and run the same command again"
    )


def _flush_to_disk(path: Path) -> None:
    # Otherwise a rename may reach the disk before the content, and a power cut leave an empty file.
    files = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
    for each in files:
        with each.open("rb") as file:
            os.fsync(file.fileno())


def _move(temporary: Path, path: Path) -> None:
    if path.is_dir():  # a folder can't be renamed over another one
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        os.replace(path, aside)
        os.replace(temporary, path)
        _remove(aside)
    else:
        os.replace(temporary, path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write `content` and its digest as indented JSON with sorted keys, atomically.

    Raises:
        WorldModelsError: a number is not finite, or the disk is full.
    """
    bare = {key: value for key, value in content.items() if key != SEAL}
    try:
        text = _canonical({**bare, SEAL: _seal_of(bare)})
    except ValueError as error:
        raise WorldModelsError(
            f"{path}: not written, a number is not finite ({error}); look for the cause in the "
            "stage's inputs"
        ) from error
    write_text(path, text)


def _canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _seal_of(content: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, with Unix line endings on every system.

    Raises:
        WorldModelsError: the disk is full.
    """
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def read_json(path: Path, kind: str, task: str | None = None) -> dict[str, Any]:
    """Read a JSON file that describes an artifact, and check what it describes.

    Args:
        path: the file.
        kind: what its "kind" must be, e.g. "rollouts" or "vision".
        task: the task it must belong to; None accepts any.

    Raises:
        WorldModelsError: it is missing, not JSON, of another kind or task, or altered.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WorldModelsError(f"{path}: missing; run the stage that makes it") from error
    except (OSError, ValueError, RecursionError) as error:
        raise WorldModelsError(f"{path}: not readable as JSON ({error}); make it anew") from error
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise WorldModelsError(f"{path}: does not describe {kind}; give the path of one that does")
    if task is not None and content.get("task") != task:
        raise WorldModelsError(
            f"{path}: belongs to task {content.get('task')}, not {task}; use {task}'s own"
        )
    seal = content.pop(SEAL, None)
    try:
        intact = seal == _seal_of(content)
    except ValueError as error:
        raise WorldModelsError(f"{path}: {error}; make it anew") from error
    if not intact:
        raise WorldModelsError(f"{path}: altered since it was written; fetch or make it anew")
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
