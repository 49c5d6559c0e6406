"""Things that several test modules share because they take long to make."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from filelock import FileLock

from tests.finished import TARGET, build
from tests.forkserver.server import start
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

    pytest's workers share it. FINISHED_TREE names a folder that keeps it between sessions; remove
    it when the code changes.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # each worker has its own below the session's
    tree = Path(os.environ.get("FINISHED_TREE", folder / "elsewhere" / "tree"))
    with FileLock(folder / "finished.lock"):
        return tree if (tree / TARGET).is_dir() else build(tree)


def pytest_configure(config: pytest.Config) -> None:
    """Have all trees share what Numba compiled, and all commands what Python imports."""
    if config.cache is not None:
        os.environ.setdefault("NUMBA_CACHE_DIR", str(config.cache.mkdir("numba")))
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ["FORKSERVER"] = str(start())


# Fixtures that take long. A folder's tests that need one run on one worker, which makes it once.
COSTLY = ("learnt", "made", "place", "recorded", "undisturbed")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group tests by costly fixtures, and begin with the groups and the slow ones.

    At the end they would keep a single worker busy for long. The cluster's come first, for they
    wait most. While they make the finished tree, others do what needs none.
    """
    for item in items:
        for name in COSTLY:
            if name in getattr(item, "fixturenames", ()):
                where = "" if name == "recorded" else f" of {item.path.parent.name}"
                item.add_marker(pytest.mark.xdist_group(f"{name}{where}"))

    def rank(item: pytest.Item) -> tuple[bool, ...]:
        marked = {mark.name for mark in item.iter_markers()}
        waits = "finished" in getattr(item, "fixturenames", ())
        return "cluster" not in marked, not marked & {"slow", "xdist_group"}, waits

    items.sort(key=rank)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to play on several workers if xdist leaves groups apart: all would take far longer."""
    if getattr(session.config.option, "loadgroup", False):
        for item in session.items:
            assert "@" in item.nodeid or not item.get_closest_marker("xdist_group"), item.nodeid
