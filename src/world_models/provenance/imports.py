"""Which of the project's own files a module runs: the code a stage's results depend on.

Imports are read from the source, not by importing: this is fast, and sees imports inside
functions.
"""

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from world_models.provenance.source_facts import facts_of
from world_models.provenance.stages import EXECUTION

PACKAGE = "world_models"
SOURCE = Path(__file__).resolve().parents[2]
LIBRARIES = ("cma", "gymnasium", "numba", "numpy", "torch", "vizdoom")  # compute results


def closure(*modules: str) -> list[Path]:
    """Return the files of the modules and of everything they import from this package.

    Modules in `EXECUTION` are left out, as is what only they import.

    Args:
        modules: dotted names, e.g. "world_models.vision.train".

    Returns:
        paths, sorted; a package's `__init__.py` belongs to each of its modules.
    """
    found: set[Path] = set()
    waiting = list(modules)
    while waiting:
        for path in _files_under(SOURCE, waiting.pop()):
            if path not in found:
                found.add(path)
                waiting += imported_by(path)
    return sorted(found)


def code_digest(*modules: str) -> str:
    """Return a digest of the code that the modules run.

    The same digest decides whether a result is stale and whether an interrupted stage can resume.
    Comments, docstrings and layout don't count, nor does any module in `EXECUTION`: editing those
    must not cost days of work.
    """
    whole = hashlib.sha256()
    for path in closure(*modules):
        whole.update(f"{path.relative_to(SOURCE).as_posix()} {file_digest(path)}\0".encode())
    return whole.hexdigest()


def progress_digest(*modules: str) -> str:
    """Return a digest of the code and libraries that an interrupted stage must resume with.

    Python's version and the build of PyTorch don't count.
    """
    whole = hashlib.sha256(code_digest(*modules).encode())
    for library in LIBRARIES:
        public, _, _ = version(library).partition("+")
        whole.update(f"{library} {public}\0".encode())
    return whole.hexdigest()


def file_digest(path: Path) -> str:
    """Return a digest of a file's syntax tree, without comments, docstrings and layout."""
    return facts_of(path.read_bytes()).digest


def is_execution(module: str) -> bool:
    """Say whether a module belongs to `EXECUTION`, which changes no result."""
    return any(module == name or module.startswith(f"{name}.") for name in EXECUTION)


def with_parents(name: str) -> list[str]:
    """Return a dotted name and the packages it lies in."""
    parts = name.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def path_of(name: str) -> Path | None:
    """Return the file of a module or package of the project; None for anything else."""
    return _path_under(SOURCE, name)


@cache
def _path_under(source: Path, name: str) -> Path | None:
    if name.split(".")[0] != PACKAGE:
        return None
    base = source.joinpath(*name.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@cache  # Snakemake calls it tens of thousands of times
def _files_under(source: Path, name: str) -> tuple[Path, ...]:
    """Return the files of a name and of the packages it lies in, except those in `EXECUTION`."""
    counting = (each for each in with_parents(name) if not is_execution(each))
    paths = (_path_under(source, each) for each in counting)
    return tuple(path for path in paths if path is not None)


@cache
def imported_by(path: Path) -> list[str]:
    """Return the dotted names that a file imports; `from a import b` may name a module a.b."""
    found = []
    for level, name, names in facts_of(path.read_bytes()).imports:
        module = ".".join([*package_above(path, level), *filter(None, [name])])
        found += [module, *(f"{module}.{each}" for each in names)]
    return found


def package_above(path: Path, level: int) -> list[str]:
    """Return the parts of the package that a relative import of this level starts from."""
    return list(path.relative_to(SOURCE).parts[:-level]) if level else []


def third_party(paths: Iterable[Path]) -> set[str]:
    """Return the top-level modules that files import, except this package and Python's own."""
    names = {name.split(".")[0] for path in paths for name in imported_by(path)}
    return names - {PACKAGE} - sys.stdlib_module_names
