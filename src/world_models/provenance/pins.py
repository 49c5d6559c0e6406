"""The package versions that a stage's results depend on, as the project pins them.

The pins count, not what happens to be installed: results fetched to a machine with another build of
the same PyTorch need no rerun.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.provenance.imports import third_party

# These check settings, show progress or carry calls to other machines, and change no result.
ASIDE = {"dask", "dask_jobqueue", "distributed", "pydantic", "tqdm"}
# Packages whose modules have another name. Python's version selects one of Box2D's two.
PACKAGES = {
    "Box2D": ("box2d", "box2d-py"),
    "PIL": ("pillow",),
    "pygame": ("pygame-ce",),
    "stable_baselines3": ("stable-baselines3",),
}
# Packages that an imported package needs to compute its results.
BENEATH = {"gymnasium": ("box2d", "box2d-py", "pygame-ce"), "numba": ("llvmlite",)}


def pins_of(files: Iterable[Path], project: Path) -> list[str]:
    """Return the pins ("numpy==2.4.6", sorted) of the packages that files import.

    Args:
        files: a stage's own files, as from `world_models.provenance.imports.closure`.
        project: the folder with requirements.lock and pyproject.toml (PyTorch's pin).

    Raises:
        WorldModelsError: an imported package has no pin.
    """
    pinned, found = _pins(project), set()
    for name in sorted(third_party(files) - ASIDE):
        for package in (*PACKAGES.get(name, (name,)), *BENEATH.get(name, ())):
            if package not in pinned:
                raise WorldModelsError(
                    f"{package}: imported but not pinned; add it to requirements.in"
                )
            found.add(pinned[package])
    return sorted(found)


@cache
def _pins(project: Path) -> dict[str, str]:
    lock = (project / "requirements.lock").read_text(encoding="utf-8")
    lines = re.findall(r"^[\w.-]+==[^\s;]+", lock, re.MULTILINE)
    about = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    lines += [line for line in about["project"]["dependencies"] if line.startswith("torch==")]
    return {line.partition("==")[0].lower(): line for line in lines}
