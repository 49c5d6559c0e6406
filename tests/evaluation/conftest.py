"""What the tests of measuring and watching again share."""

from pathlib import Path

import pytest

from tests.evaluation.untrained import build


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config.yaml and results/smoke, with models and their scores; copy it to change it."""
    return build(tmp_path_factory.mktemp("place"))
