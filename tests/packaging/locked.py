"""The files that the packaging tests read: requirements.lock, requirements.in, pyproject.toml."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()


def entries(lock: str) -> list[tuple[str, str]]:
    """Return each locked requirement with the text of its hashes."""
    lines = [line for line in lock.splitlines() if not re.match(r" *#|-", line)]
    parts = re.split(r"\n(?=\S)", "\n".join(lines).strip())
    return [(part.partition("\\\n")[0].strip(), part.partition("\\\n")[2]) for part in parts]


def by_name(lines: list[str]) -> dict[str, Requirement]:
    """Return requirements by normalised name, without blank lines and comments."""
    requirements = [
        Requirement(line) for line in lines if line.strip() and not line.startswith("#")
    ]
    return {canonicalize_name(each.name): each for each in requirements}


def locked() -> dict[str, Requirement]:
    """Return the requirements of requirements.lock by name."""
    return by_name([requirement for requirement, _ in entries(LOCK)])


def direct_requirements() -> dict[str, Requirement]:
    """Return the requirements of requirements.in by name."""
    return by_name((ROOT / "requirements.in").read_text().splitlines())


def project() -> dict[str, Requirement]:
    """Return pyproject.toml's dependencies by name."""
    text = (ROOT / "pyproject.toml").read_text()
    return by_name(tomllib.loads(text)["project"]["dependencies"])
