"""Which of the project's own files a module runs: what a stage's results depend on.

Imports are read from the source, not by importing: this is fast, and sees imports inside
functions.
"""

import ast
from functools import cache
from pathlib import Path

PACKAGE = "world_models"
SOURCE = Path(__file__).resolve().parent.parent


def closure(*modules: str) -> list[Path]:
    """Return the files of the modules and of all that they import from this package.

    Args:
        modules: dotted names, e.g. "world_models.vision.train".

    Returns:
        paths, sorted; a package's `__init__.py` belongs to each of its modules.
    """
    found: set[Path] = set()
    waiting = list(modules)
    while waiting:
        for name in with_parents(waiting.pop()):
            path = path_of(name)
            if path is not None and path not in found:
                found.add(path)
                waiting += imported_by(path)
    return sorted(found)


def with_parents(name: str) -> list[str]:
    """Return a dotted name and the packages it lies in."""
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def path_of(name: str) -> Path | None:
    """Return the file of a module or package of the project; None for anything else."""
    if name.split(".")[0] != PACKAGE:
        return None
    base = SOURCE.joinpath(*name.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache
def imported_by(path: Path) -> list[str]:
    """Return the dotted names that a file imports; `from a import b` may name a module a.b."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [
                node.module,
                *(f"{node.module}.{alias.name}" for alias in node.names),
            ]
    return names
