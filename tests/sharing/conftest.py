"""Fixtures: a published tree for each kind of remote, made once."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.finished import copy
from tests.sharing.places import Sshd, publish


class Published(NamedTuple):
    """A tree whose results were pushed, and the remote they were pushed to."""

    tree: Path
    place: Path | Sshd

    @property
    def folder(self) -> Path:
        """The folder that holds the remote's contents."""
        return self.place.folder if isinstance(self.place, Sshd) else self.place


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """Start an SSH server on the loopback interface."""
    if Sshd.program() is None:
        pytest.skip("no sshd here: apt install openssh-server")
    server = Sshd(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def in_a_folder(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Publish a tree to a local folder."""
    home = tmp_path_factory.mktemp("folder")
    publication = Published(copy(finished, home / "tree"), home / "contents")
    publication.folder.mkdir()
    publish(*publication)
    return publication


@pytest.fixture(scope="session")
def by_ssh(finished: Path, sshd: Sshd, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Publish a tree over SSH."""
    publication = Published(copy(finished, tmp_path_factory.mktemp("ssh") / "tree"), sshd)
    publish(*publication)
    return publication


@pytest.fixture(params=["in_a_folder", "by_ssh"])
def published(request: pytest.FixtureRequest) -> Published:
    """Return the published tree of each kind of remote in turn."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Published)
    return found
