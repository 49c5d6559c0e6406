"""`execution/` can change no result: it imports no arithmetic and none of our scientific code."""

import ast
import sys
from pathlib import Path

import pytest

import world_models.execution
from world_models.provenance.imports import closure, imported_by, third_party

FOLDER = Path(world_models.execution.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))
OURS = ("execution", "stage.log", "storage.files", "errors")
OTHERS = {"dask", "dask_jobqueue", "distributed", "tornado", "tqdm"}
# The standard library's sources of random numbers. This includes `uuid` and `secrets`, so that no
# random name of a file or worker can affect results.
RANDOM = {"random", "secrets", "uuid", "hashlib"}
SCIENCE_WORDS = ("seed", "rng", "random", "set_num_threads", "manual_seed")


def allowed(name: str) -> bool:
    """Return whether a module of `execution/` may import a dotted name."""
    parts = name.split(".")
    if parts[0] == "world_models":
        inner = ".".join(parts[1:])
        return not inner or inner in ("stage", "storage") or any(
            inner == each or inner.startswith(f"{each}.") for each in OURS
        )  # fmt: skip
    return parts[0] in OTHERS or (parts[0] in sys.stdlib_module_names and parts[0] not in RANDOM)


def forbidden(path: Path) -> list[str]:
    """Return the names that a module imports, anywhere in it, but must not."""
    return [name for name in imported_by(path) if not allowed(name)]


def identifiers(path: Path) -> set[str]:
    """Return all names in a module's code, without words in strings and comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_numbers_are_imported(path: Path) -> None:
    """Modules import only execution, log, files, errors and libraries that distribute work."""
    assert forbidden(path) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_seeds_and_no_thread_counts(path: Path) -> None:
    """Seeds and thread counts change numbers, so they belong to the scientific code."""
    found = {name for name in identifiers(path) if any(word in name for word in SCIENCE_WORDS)}
    assert found == set()


def test_nor_by_what_it_imports() -> None:
    """The modules that these import don't import arithmetic either."""
    names = [f"world_models.execution.{path.stem}" for path in MODULES if path.stem != "__init__"]
    assert third_party(closure(*names)) <= OTHERS


@pytest.mark.parametrize(
    "line",
    [
        "import numpy as np",
        "from torch import nn",
        "import random",
        "from secrets import randbits",
        "from world_models import seeds",
        "from world_models.seeds import derive",
        "from world_models.play.loop import play",
        "from world_models.stage.devices import choose",
        "def f():\n    from world_models.tasks import get_task",
    ],
)
def test_what_is_refused(line: str, tmp_path: Path) -> None:
    """The tests above would find each of these imports."""
    (tmp_path / "module.py").write_text(f"import os\n{line}\n")
    assert forbidden(tmp_path / "module.py")


def test_what_else_is_refused(tmp_path: Path) -> None:
    """The tests above would find seeds and thread counts used without an import."""
    path = tmp_path / "module.py"
    path.write_text("def f(torch, seed):\n    torch.set_num_threads(seed)\n")
    assert {"set_num_threads", "seed"} <= identifiers(path)
