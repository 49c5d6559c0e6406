"""A finished tree, and plans in it: each pytest worker has one tree."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.finished import TARGET, copy
from tests.workflow.planner import Plan, Planner


@pytest.fixture(scope="session")
def tree(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished tree to change; each test puts back what it changed."""
    return copy(finished, tmp_path_factory.mktemp("reruns") / "tree")


@pytest.fixture(scope="session")
def planner(tree: Path) -> Planner:
    """What plans in the tree."""
    return Planner(tree)


@pytest.fixture
def plan(planner: Planner) -> Callable[..., Plan]:
    """What Snakemake would run for the tables."""
    return lambda *more: planner.plan("--cores", "2", *(more or (TARGET,)))
