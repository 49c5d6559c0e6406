"""Facts about a source file: a digest of its syntax tree, and its imports.

Parsing all files takes a second, at every `snakemake -n` and in every stage. So the facts are
cached by the text's digest in the user's cache folder. Without one they are computed every time.
"""

import ast
import hashlib
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from world_models.errors import WorldModelsError
from world_models.storage.files import atomic


class Import(NamedTuple):
    """`import a` has no names; `from ..a import b` has level 2, module "a" and names ["b"]."""

    level: int
    module: str
    names: list[str]


class Facts(NamedTuple):
    """A source file's digest, without comments, docstrings and layout, and its imports."""

    digest: str
    imports: list[Import]


@cache
def facts_of(text: bytes) -> Facts:
    """Return the facts about a source text, from the cache or computed."""
    place = _folder() / f"{hashlib.sha256(text).hexdigest()}.json"
    if not place.is_absolute():  # a user without a home
        return _found(text)
    try:
        digest, imports = json.loads(place.read_text(encoding="utf-8"))
        return Facts(digest, [Import(*each) for each in imports])
    except (OSError, ValueError, TypeError):
        facts = _found(text)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with atomic(place) as temporary:
            temporary.write_text(json.dumps(facts), encoding="utf-8")
    except (OSError, WorldModelsError):
        pass  # a full disk, say: a cache that can't be written only costs time
    return facts


@cache
def _folder() -> Path:
    """Return the cache folder, which differs for each version of this file and of Python."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    major, minor = sys.version_info[:2]
    return Path(home) / "world_models" / f"source-{major}.{minor}-{own}"


def _found(text: bytes) -> Facts:
    tree = ast.parse(text)
    imports = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [Import(0, alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            imports.append(Import(node.level, node.module or "", names))
        body = getattr(node, "body", None)
        if isinstance(body, list):  # attributes have docstrings, too: the string below each
            body[:] = [each for each in body if not _is_text(each)]
    return Facts(hashlib.sha256(str(_filled(tree)).encode()).hexdigest(), imports)


def _filled(node: object) -> object:
    """Return a syntax tree as lists, without empty fields: each Python version adds some."""
    if isinstance(node, list):
        return [_filled(each) for each in node]
    if not isinstance(node, ast.AST):
        return node
    fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []))
    return [type(node).__name__, *((name, _filled(value)) for name, value in fields)]


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
