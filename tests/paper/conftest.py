"""Results to make tables and figures of."""

import shutil
from pathlib import Path

import pytest

from tests.paper.results_folder import arguments, build
from world_models.paper.make import main


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a smoke run; for reading only."""
    return build(tmp_path_factory.mktemp("paper") / "results" / "smoke")


@pytest.fixture(scope="session")
def made(results: Path) -> Path:
    """What the stage makes of `results`; for reading only."""
    output = results.parent / "paper_tables"
    main(arguments(results, output))
    return output


@pytest.fixture
def spoilt(results: Path, tmp_path: Path) -> Path:
    """A copy of `results` to spoil."""
    copy = tmp_path / "results" / "smoke"
    shutil.copytree(results, copy)
    return copy
