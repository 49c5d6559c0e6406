"""Fixtures that several test modules share because they take long to make."""

import os
import signal
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from filelock import FileLock

from tests.finished import TARGET, build
from tests.forkserver.server import start
from tests.toy_world import record, train


class Recorded(NamedTuple):
    """Manifests of the toy's latent series."""

    training: Path
    held_out: Path


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Record rollouts of the toy and encode them, once for all tests."""
    torch.set_num_threads(1)
    return Recorded(*record(tmp_path_factory.mktemp("toy")))


@pytest.fixture(scope="session")
def model(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train M on the toy's recorded rollouts."""
    return train(tmp_path_factory.mktemp("memory"), *recorded)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the whole pipeline once, in a clone at another path. Copy this tree; don't change it.

    All pytest workers share it. FINISHED_TREE names a folder that keeps it between sessions;
    remove that folder when the code changes.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # each worker has its own folder inside the session's
    tree = Path(os.environ.get("FINISHED_TREE", folder / "elsewhere" / "tree"))
    with FileLock(folder / "finished.lock"):
        return tree if (tree / TARGET).is_dir() else build(tree)


def pytest_configure(config: pytest.Config) -> None:
    """Share Numba's cache between all trees, and imported modules between all commands."""
    # Some containers set it. Every worker would rewrite all tests' assertions anew, and every
    # command compile the project's modules.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # A script's background job ignores SIGINT, and so would all that the tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if config.cache is not None:
        os.environ.setdefault("NUMBA_CACHE_DIR", str(config.cache.mkdir("numba")))
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ["FORKSERVER"] = str(start())


# Slow fixtures. All tests of a folder that need one run on one worker, which makes it once.
COSTLY = ("learnt", "paper_tables", "place", "recorded", "undisturbed")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group tests by costly fixture, and run the groups and the slow tests first.

    Run last, they would keep a single worker busy for long. The cluster's tests come first because
    they wait most. Tests that need the finished tree come after those that don't, which run while
    another worker builds it.
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
    """Fail if xdist does not keep groups together: the tests would take far longer."""
    if getattr(session.config.option, "loadgroup", False):
        for item in session.items:
            assert "@" in item.nodeid or not item.get_closest_marker("xdist_group"), item.nodeid
