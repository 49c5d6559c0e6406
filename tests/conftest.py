"""Things that several test modules share because they take long to make."""

from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from tests.toy_world import record, train


class Recorded(NamedTuple):
    """Manifests of the toy's latents."""

    training: Path
    held_out: Path


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The toy, played and encoded once for all tests."""
    torch.set_num_threads(1)
    return Recorded(*record(tmp_path_factory.mktemp("toy")))


@pytest.fixture(scope="session")
def model(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """M, trained on the toy as it is."""
    return train(tmp_path_factory.mktemp("memory"), *recorded)
