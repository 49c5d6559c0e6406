"""The fixture shared by the tests of `evaluate` and `watch`."""

from pathlib import Path

import pytest

from tests.evaluation.untrained import build


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a config.yaml and results/smoke with models and scores; copy it before changing it."""
    return build(tmp_path_factory.mktemp("place"))
