"""What is shared: dvc.yaml matches config.yaml, gaps are refused, errors are one line."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.finished import ROOT, copy, git, run
from tests.sharing.conftest import Published
from tests.sharing.places import Sshd, clone, name_remote
from tests.sharing.test_faults import last_line, share
from world_models.sharing.dvc_yaml import dvc_yaml
from world_models.storage.yaml_file import read_config

# All on one pytest worker: the fixtures are slow.
pytestmark = pytest.mark.xdist_group("sharing")


def test_dvc_yaml_is_up_to_date() -> None:
    """dvc.yaml is generated; `make schema` updates it after a change of tasks or scales."""
    assert (ROOT / "dvc.yaml").read_text() == dvc_yaml(read_config(ROOT / "config.yaml"))


def test_a_task_of_ones_own() -> None:
    """A user's own task has all kinds of results, and its own tables."""
    lander = {"environment": {"kind": "gymnasium", "id": "LunarLander-v3"}}
    stages = yaml.safe_load(dvc_yaml({**read_config(ROOT / "config.yaml"), "lander": lander}))
    outs = [path for each in stages["stages"].values() for out in each.get("do", each)["outs"]
            for path in out]  # fmt: skip
    assert "${item}/lander/vision" in outs and "${item}/lander/tables" in outs
    assert "${item}/car_racing/tables" not in outs
    assert len(outs) == len(set(outs)) == 3 * 6 + 1 + 3


def test_dvc_makes_nothing(in_a_folder: Published, tmp_path: Path) -> None:
    """`dvc repro` in a clone runs nothing, and says which command to use."""
    there = clone(in_a_folder.tree, tmp_path / "there", in_a_folder.place)
    done = run("dvc", "repro", cwd=there, check=False)
    assert done.returncode != 0
    assert "make fetch SCALE=NAME" in done.stdout + done.stderr
    assert not (there / "results").exists()


@pytest.mark.parametrize(
    "hole",
    [
        "take_cover/memory/model.safetensors",
        "car_racing/controllers/z/model.json",
        "car_racing/rollouts/0001.zarr",
    ],
)
def test_holes_are_not_published(in_a_folder: Published, hole: str) -> None:
    """The error names a result that is missing, with the target that makes it."""
    tree = in_a_folder.tree
    path, lock = tree / "results/smoke" / hole, (tree / "dvc.lock").read_bytes()
    away = path.rename(tree / "away")
    try:
        message = last_line(share(tree, "publish", "smoke"))
        assert f"snakemake --cores all results/smoke/{hole}" in message
        assert (tree / "dvc.lock").read_bytes() == lock
    finally:
        away.rename(path)


def test_without_git(in_a_folder: Published, tmp_path: Path) -> None:
    """Without a git repository, as in an unpacked archive, every command gives a one-line error."""
    tree = copy(in_a_folder.tree, tmp_path / "tree")
    shutil.rmtree(tree / ".git")
    for arguments in (["publish", "smoke"], ["fetch", "smoke"], ["mend", "smoke"]):
        assert "not a git repository" in last_line(share(tree, *arguments))


def test_before_the_first_publish(finished: Path, tmp_path: Path) -> None:
    """Before the first publish there is nothing to mend or fetch."""
    tree = copy(finished, tmp_path / "tree")
    name_remote(tree, tmp_path / "contents")
    assert "never published" in last_line(share(tree, "mend", "smoke"))
    assert "never published" in last_line(share(tree, "fetch", "smoke"))
    assert "no such scale" in last_line(share(tree, "publish", "smok"))
    assert "no URL given" in last_line(share(tree, "remote"))


def test_a_linked_scale(finished: Path, tmp_path: Path) -> None:
    """A scale that is a link to another disk is refused."""
    tree = copy(finished, tmp_path / "tree")
    name_remote(tree, tmp_path / "contents")
    (tree / "results/smoke").rename(tmp_path / "elsewhere")
    (tree / "results/smoke").symlink_to(tmp_path / "elsewhere")
    assert "mount --bind" in last_line(share(tree, "publish", "smoke"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become two other users")
def test_two_users_of_one_folder(in_a_folder: Published, tmp_path: Path) -> None:
    """Two users of one group can both publish to the same folder."""
    assert not isinstance(in_a_folder.place, Sshd)
    place = in_a_folder.place
    before = {path: path.stat() for path in [place, *place.rglob("*")]}
    try:
        for path in before:
            os.chown(path, 54321, 600)
        there = copy(in_a_folder.tree, tmp_path / "there")
        random = there / "results/smoke/car_racing/evaluation/random.csv"
        random.write_text(random.read_text() + "\n")
        git(there, "add", "--all")
        for path in [tmp_path, there, *there.rglob("*")]:
            os.chown(path, 54322, 600, follow_symlinks=False)
        for path in tmp_path.parents:
            if path.stat().st_uid == 0 and str(path).startswith("/tmp/"):
                path.chmod(0o755)
        second = ["setpriv", "--reuid", "54322", "--regid", "600", "--clear-groups",
                  "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]  # fmt: skip
        done = subprocess.run(
            [*second, "env", f"HOME={tmp_path}", f"PATH={os.environ['PATH']}", "python",
             "tools/share.py", "publish", "smoke"],
            cwd=there, capture_output=True, text=True, check=False, umask=0o022,
            env={**os.environ, "PYTHONPATH": str(there / "src"), "USER": "second"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        for path, stat in before.items():
            os.chown(path, stat.st_uid, stat.st_gid)
