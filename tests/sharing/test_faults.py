"""Remotes that are unreachable, interrupted, damaged or full: nothing is lost."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.finished import copy, git, planned, run
from tests.sharing.conftest import Published
from tests.sharing.places import Sshd, clone, name_remote, objects, publish

# All on one pytest worker: the fixtures are slow.
pytestmark = pytest.mark.xdist_group("sharing")

MODEL = "results/smoke/car_racing/vision/model.safetensors"


def share(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tool, whether it succeeds or not."""
    return run("python", "tools/share.py", *arguments, cwd=tree, check=False)


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of a failed command's stderr; check that there is no traceback."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def kill_during(tree: Path, folder: Path, *arguments: str) -> None:
    """Start the tool, and kill it as soon as a new object has arrived in a folder."""
    before = len(objects(folder))
    process = subprocess.Popen(
        [sys.executable, "tools/share.py", *arguments],
        cwd=tree,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while len(objects(folder)) <= before and process.poll() is None:
        time.sleep(0.002)
    interrupted = process.poll() is None
    os.killpg(process.pid, signal.SIGKILL) if interrupted else None
    process.wait()
    assert interrupted, "it was over before it could be killed"


def damaged(folder: Path) -> list[Path]:
    """Return the objects whose content doesn't match their name."""
    found = []
    for path in objects(folder):
        name = (path.parent.name + path.name).removesuffix(".dir")
        if hashlib.md5(path.read_bytes()).hexdigest() != name:
            found.append(path)
    return found


@pytest.fixture
def object_of_model(in_a_folder: Published) -> Iterator[Path]:
    """Return the path of the remote's copy of V; restore it afterwards."""
    name = hashlib.md5((in_a_folder.tree / MODEL).read_bytes()).hexdigest()
    path = in_a_folder.folder / "files" / "md5" / name[:2] / name[2:]
    good = path.read_bytes()
    path.chmod(0o644)
    yield path
    path.write_bytes(good)


def test_no_remote_yet(in_a_folder: Published, tmp_path: Path) -> None:
    tree = clone(in_a_folder.tree, tmp_path / "tree", in_a_folder.place)
    run("dvc", "remote", "remove", "storage", cwd=tree)
    assert "make remote URL=" in last_line(share(tree, "fetch", "smoke"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch", "lab"], "car_racing-rollouts@lab: never published"),
        (["fetch", "smoke", "models"], "models: no such kind; there are rollouts, latents"),
    ],
)
def test_what_is_not_there_is_named(
    in_a_folder: Published, tmp_path: Path, arguments: list[str], message: str
) -> None:
    tree = clone(in_a_folder.tree, tmp_path / "tree", in_a_folder.place)
    assert message in last_line(share(tree, *arguments))


def test_an_unreachable_server(by_ssh: Published, tmp_path: Path) -> None:
    """Push and fetch lose nothing, and work again when the server is back."""
    assert isinstance(by_ssh.place, Sshd)
    tree = clone(by_ssh.tree, tmp_path / "tree", by_ssh.place)
    by_ssh.place.stop()
    try:
        assert "can't be reached" in last_line(share(tree, "fetch", "smoke", "vision"))
        assert "nothing is lost" in last_line(share(by_ssh.tree, "publish", "smoke"))
        assert planned(by_ssh.tree) == {}
    finally:
        by_ssh.place.start()
    assert share(tree, "fetch", "smoke", "vision").returncode == 0
    assert share(by_ssh.tree, "publish", "smoke").returncode == 0


def test_an_interrupted_push(finished: Path, sshd: Sshd, tmp_path: Path) -> None:
    """Objects that arrived are whole; the next push sends the rest."""
    tree = copy(finished, tmp_path / "tree")
    sshd.folder.rename(sshd.home / "others")
    sshd.folder.mkdir()
    try:
        name_remote(tree, sshd)
        kill_during(tree, sshd.folder, "publish", "smoke")
        assert damaged(sshd.folder) == []
        publish(tree, sshd)
        assert damaged(sshd.folder) == []
        there = clone(tree, tmp_path / "there", sshd)
        assert share(there, "fetch", "smoke").returncode == 0
        assert planned(there) == {}
    finally:
        shutil.rmtree(sshd.folder)
        (sshd.home / "others").rename(sshd.folder)


def test_a_half_finished_pull(in_a_folder: Published, tmp_path: Path) -> None:
    """A killed fetch leaves no damaged object, and works when repeated."""
    there = clone(in_a_folder.tree, tmp_path / "there", in_a_folder.place)
    kill_during(there, there / ".dvc" / "cache", "fetch", "smoke")
    assert damaged(there / ".dvc" / "cache") == []
    assert share(there, "fetch", "smoke").returncode == 0
    assert planned(there) == {}


def test_a_damaged_object(in_a_folder: Published, tmp_path: Path, object_of_model: Path) -> None:
    """A damaged object is refused while the rest is fetched; once mended, it is fetched too."""
    content = bytearray(object_of_model.read_bytes())
    content[5000] ^= 1
    good = object_of_model.read_bytes()
    object_of_model.write_bytes(content)
    there = clone(in_a_folder.tree, tmp_path / "there", in_a_folder.place)
    assert "damaged copies" in last_line(share(there, "fetch", "smoke", "vision"))
    assert not (there / MODEL).exists()
    assert (there / MODEL.replace("car_racing", "take_cover")).exists()
    object_of_model.write_bytes(good)
    assert share(there, "fetch", "smoke", "vision").returncode == 0
    assert (there / MODEL).read_bytes() == good


def test_the_publisher_mends_a_damaged_object(
    in_a_folder: Published, object_of_model: Path
) -> None:
    """`mend` finds damaged objects by digest and pushes them again; missing ones too."""
    good = object_of_model.read_bytes()
    object_of_model.write_bytes(good[:-1])
    assert "2 damaged" in share(in_a_folder.tree, "mend", "smoke").stdout  # and its folder's list
    assert object_of_model.read_bytes() == good
    object_of_model.unlink()
    assert share(in_a_folder.tree, "mend", "smoke").returncode == 0
    assert object_of_model.read_bytes() == good
    assert "0 damaged" in share(in_a_folder.tree, "mend", "smoke").stdout
    object_of_model.chmod(0o644)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk(in_a_folder: Published, tmp_path: Path) -> None:
    """A full cache gives an error and no partial object; fetching works once there is room."""
    there = clone(in_a_folder.tree, tmp_path / "there", in_a_folder.place)
    small = tmp_path / "small"
    small.mkdir()
    mounted = run(
        "mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(small), cwd=tmp_path, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no mount here: {mounted.stderr.strip()}")
    try:
        run("dvc", "cache", "dir", "--local", str(small), cwd=there)
        done = share(there, "fetch", "smoke")
        assert "make room" in last_line(done)
        assert damaged(small) == []
        assert list(small.rglob("*.tmp")) == []  # which would keep the disk full
        run("mount", "-o", "remount,size=300m", str(small), cwd=tmp_path)
        assert share(there, "fetch", "smoke").returncode == 0
        assert planned(there) == {}
    finally:
        run("umount", str(small), cwd=tmp_path)


def test_ones_own_results_are_not_overwritten(in_a_folder: Published, tmp_path: Path) -> None:
    """A fetch doesn't overwrite results that exist only here; once removed, it fetches them."""
    there = clone(in_a_folder.tree, tmp_path / "there", in_a_folder.place)
    mine = there / MODEL
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"days of work")
    last_line(share(there, "fetch", "smoke", "vision"))
    assert mine.read_bytes() == b"days of work"
    mine.unlink()
    assert share(there, "fetch", "smoke", "vision").returncode == 0
    assert git(there, "status", "--porcelain") == ""
