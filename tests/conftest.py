"""Things that several test modules share because they take long to make."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from tests.finished import build
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


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole pipeline, run once in a clone at another path; copy it, don't change it.

    FINISHED_TREE names a folder that keeps it between sessions; remove it when the code changes.
    """
    kept = os.environ.get("FINISHED_TREE")
    tree = Path(kept) if kept else tmp_path_factory.mktemp("elsewhere") / "tree"
    return tree if tree.is_dir() else build(tree)
