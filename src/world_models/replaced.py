"""Another part in the place of one that a module would use."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def replaced(module: ModuleType, **parts: Any) -> Iterator[None]:
    """Give a module other functions or classes for a while.

    The code of a stage is part of what its published results were made from, and stays as it is.
    A variant of a stage is a module of its own, which runs the stage with other parts.

    Args:
        module: whose functions look these names up.
        parts: what they are to find, by name; the module must have the name already.
    """
    before = {name: getattr(module, name) for name in parts}
    for name, part in parts.items():
        setattr(module, name, part)
    try:
        yield
    finally:
        for name, part in before.items():
            setattr(module, name, part)
