"""Data from elsewhere is only data: reading it runs no code and opens no other folder."""

import io
import json
import os
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reliability.artifacts import make
from tests.reliability.test_bad_data import READ, reseal
from world_models.errors import WorldModelsError
from world_models.storage.files import digest
from world_models.storage.snapshots import Snapshots

MARK = "TOUCHED_BY_A_PICKLE"


class Touch:
    """An attacker's object: unpickling it creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return how to rebuild this object: by running code."""
        return os.system, (f"touch '{self.path}'",)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make undamaged artifacts."""
    return make(tmp_path_factory.mktemp("artifacts") / "good")


def disguises(evil: bytes) -> dict[str, bytes]:
    """Return the pickle bare, as PyTorch would save it, and as NumPy would."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("archive/data.pkl", evil)
        file.writestr("archive/version", "3\n")
    array = np.empty(1, dtype=object)
    saved = io.BytesIO()
    np.save(saved, array, allow_pickle=True)
    header = saved.getvalue()[: saved.getvalue().index(b"\n") + 1]
    return {"bare": evil, "torch": archive.getvalue(), "numpy": header + evil}


@pytest.mark.parametrize("disguise", ["bare", "torch", "numpy"])
@pytest.mark.parametrize("name", READ)
def test_a_pickle_is_not_loaded(good: Path, tmp_path: Path, name: str, disguise: str) -> None:
    """A pickle in place of any file of any artifact is not loaded, even with a matching digest."""
    evil = disguises(pickle.dumps(Touch(tmp_path / MARK)))[disguise]
    folder = tmp_path / "data"
    folder.mkdir()
    for path in good.glob(f"{Path(name).stem}.*"):
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, folder / path.name)
    path = folder / name
    files = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]
    for file in files:
        before = file.read_bytes()
        file.write_bytes(evil)
        if name.endswith((".zarr", ".safetensors")):
            reseal(path.with_suffix(".json"), sha256=digest(path))
        with pytest.raises((WorldModelsError, ValueError, RuntimeError)):
            READ[name](folder)
        assert file.read_bytes() == evil
        file.write_bytes(before)
    assert not (tmp_path / MARK).exists()


def test_the_test_can_fail(tmp_path: Path) -> None:
    """The pickle does run code when it is loaded."""
    pickle.loads(pickle.dumps(Touch(tmp_path / MARK)))
    assert (tmp_path / MARK).exists()


@pytest.mark.parametrize("whole", [True, False])
def test_a_store_with_a_filter_that_unpickles(good: Path, tmp_path: Path, whole: bool) -> None:
    """Zarr's format 2 has such a filter, so no store or array of that format is read."""
    for path in good.glob("rollouts.*"):
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, tmp_path / path.name)
    store = tmp_path / "rollouts.zarr"
    shutil.rmtree(store / "rewards")
    if whole:
        (store / "zarr.json").unlink()
        (store / ".zgroup").write_text('{"zarr_format": 2}')
    array = store / "rewards"
    array.mkdir()
    (array / ".zarray").write_text(
        json.dumps(
            {
                "zarr_format": 2,
                "shape": [9],
                "chunks": [9],
                "dtype": "|O",
                "fill_value": None,
                "order": "C",
                "compressor": None,
                "filters": [{"id": "pickle", "protocol": 4}],
            }
        )
    )
    (array / "0").write_bytes(pickle.dumps(Touch(tmp_path / MARK)))
    reseal(tmp_path / "rollouts.json", sha256=digest(store))
    with pytest.raises(WorldModelsError, match=r"rollouts.zarr: .*(rewards|v3)"):
        READ["rollouts.zarr"](tmp_path)
    assert not (tmp_path / MARK).exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data_type": "float64"}, "rewards is not an array of float32"),
        ({"shape": [9, 2]}, r"rewards has shape \[9, 2\]"),
        ({"shape": [10**15]}, "rewards has 1000000000000000 rows, not 9"),
        ({"codecs": [{"name": "bytes"}, {"name": "numcodecs.pickle"}]}, "numcodecs.pickle"),
        ({"node_type": "group"}, "rewards is not an array"),
    ],
)
def test_metadata_is_checked(
    good: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    """Arrays must have the types, shapes and filters that the project writes."""
    for path in good.glob("rollouts.*"):
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, tmp_path / path.name)
    about = tmp_path / "rollouts.zarr/rewards/zarr.json"
    about.write_text(json.dumps({**json.loads(about.read_text()), **change}))
    reseal(tmp_path / "rollouts.json", sha256=digest(tmp_path / "rollouts.zarr"))
    with pytest.raises(WorldModelsError, match=message):
        READ["rollouts.zarr"](tmp_path)


@pytest.mark.parametrize("elsewhere", ["../outside.zarr", "/outside.zarr", "a/../../outside.zarr"])
def test_manifests_stay_in_their_folder(good: Path, tmp_path: Path, elsewhere: str) -> None:
    """Whatever path a manifest names, its store is only looked for in its own folder."""
    inside = tmp_path / "inside"
    inside.mkdir()
    shutil.copytree(good / "rollouts.zarr", tmp_path / "outside.zarr")
    shutil.copy(good / "rollouts.json", inside)
    reseal(inside / "rollouts.json", store=elsewhere)
    with pytest.raises(WorldModelsError, match=r"inside/outside.zarr: missing"):
        READ["rollouts.zarr"](inside)


def test_a_snapshot_is_not_unpickled(tmp_path: Path) -> None:
    """A pickle in place of a snapshot is not loaded, and training starts anew."""
    (tmp_path / "snapshot.safetensors").write_bytes(pickle.dumps(Touch(tmp_path / MARK)))
    assert Snapshots(tmp_path, {}, 60).load() is None
    assert not (tmp_path / MARK).exists()
