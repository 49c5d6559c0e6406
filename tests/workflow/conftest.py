"""Fixtures: a finished tree for each pytest worker, and plans in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.finished import TARGET, copy
from tests.workflow.planner import Plan, Planner


@pytest.fixture(scope="session")
def tree(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the finished tree; each test undoes its own changes to the copy."""
    return copy(finished, tmp_path_factory.mktemp("reruns") / "tree")


@pytest.fixture(scope="session")
def planner(tree: Path) -> Planner:
    """Return the tree's planner."""
    return Planner(tree)


@pytest.fixture
def plan(planner: Planner) -> Callable[..., Plan]:
    """Return a function that plans targets, by default the tables."""
    return lambda *more: planner.plan("--cores", "2", *(more or (TARGET,)))
