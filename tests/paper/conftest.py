"""Fixtures: results from which tables and figures are made."""

import shutil
from pathlib import Path

import pytest

from tests.paper.results_folder import arguments, build
from world_models.paper.make import main


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the results of a smoke run. Don't change them."""
    return build(tmp_path_factory.mktemp("paper") / "results" / "smoke")


@pytest.fixture(scope="session")
def paper_tables(results: Path) -> Path:
    """Make the tables and figures from `results`. Don't change them."""
    output = results.parent / "paper_tables"
    main(arguments(results, output))
    return output


@pytest.fixture
def spoilt(results: Path, tmp_path: Path) -> Path:
    """Copy `results`, to be damaged by a test."""
    copy = tmp_path / "results" / "smoke"
    shutil.copytree(results, copy)
    return copy
