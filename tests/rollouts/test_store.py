"""The store keeps what it is given, and reports damage."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from world_models.errors import WorldModelsError
from world_models.rollouts.store import ROWS_PER_SHARD, Shard, open_shards, write_store
from world_models.storage.files import write_json


def write(manifest: Path, lengths: list[int], task: str = "take_cover") -> dict[str, np.ndarray]:
    """Write a store of random rows; return what was written."""
    rng, steps = np.random.default_rng(len(lengths)), sum(lengths)
    arrays = {
        "frames": rng.integers(0, 256, (steps, 64, 64, 3), dtype=np.uint8),
        "actions": rng.normal(size=(steps, 1)).astype(np.float32),
        "rewards": rng.normal(size=steps).astype(np.float32),
        "lengths": np.array(lengths, dtype=np.int64),
        "ends": rng.integers(1, 3, len(lengths), dtype=np.uint8),
        "seeds": rng.integers(0, 2**31, len(lengths), dtype=np.int64),
    }
    write_store(manifest, "rollouts", task, [arrays])
    return arrays


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lengths=st.lists(st.integers(1, 150), min_size=1, max_size=4))
def test_round_trip(tmp_path: Path, lengths: list[int]) -> None:
    """Every array reads back as written, and each episode has the right rows."""
    manifest = tmp_path / "0000.json"
    written = write(manifest, lengths)
    shard = Shard(manifest, "rollouts", "take_cover")
    assert shard.steps == sum(lengths)
    for name in ("actions", "rewards", "lengths", "ends", "seeds"):
        assert np.array_equal(getattr(shard, name), written[name])
    assert np.array_equal(shard.rows["frames"][:], written["frames"])
    first = 0
    for number, length in enumerate(lengths):
        assert shard.episode(number) == slice(first, first + length)
        first += length


def test_many_rows_make_few_files(tmp_path: Path) -> None:
    """A file holds ROWS_PER_SHARD rows, whatever parts they are written in."""
    steps, manifest = ROWS_PER_SHARD * 2 + 5, tmp_path / "0000.json"
    values = np.arange(steps, dtype=np.float32)
    parts = [{"rewards": part} for part in np.array_split(values, 37)]
    once = {
        "actions": values[:, None],
        "mu": values[:, None],
        "log_sigma2": values[:, None],
        "lengths": np.array([steps]),
        "ends": np.array([1], dtype=np.uint8),
        "seeds": np.array([1]),
    }
    write_store(manifest, "latents", "take_cover", [*parts, once])
    shard = Shard(manifest, "latents", "take_cover")
    assert np.array_equal(shard.rewards, values)
    files = list((tmp_path / "0000.zarr/rewards/c").iterdir())
    assert len(files) == 3


def test_same_content_same_bytes(tmp_path: Path) -> None:
    """A store holds no time, host or path, so writing it twice gives the same bytes."""
    for name in ("a", "b"):
        write(tmp_path / name / "0000.json", [70, 3])
    first, second = ((tmp_path / name / "0000.json").read_bytes() for name in ("a", "b"))
    assert first == second


def empty(store: Path) -> None:
    shutil.rmtree(store)
    store.mkdir()


def truncate(store: Path) -> None:
    file = store / "frames/c/0/0/0/0"
    file.write_bytes(file.read_bytes()[:-100])


def flip_a_bit(store: Path) -> None:
    file = store / "actions/c/0/0"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def other_task(store: Path) -> None:
    manifest = store.with_suffix(".json")
    manifest.write_text(manifest.read_text().replace("take_cover", "car_racing"))


def no_json(store: Path) -> None:
    store.with_suffix(".json").write_text("{")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, r"0000.zarr: missing"),
        (empty, r"0000.zarr: content differs"),
        (truncate, r"0000.zarr: content differs"),
        (flip_a_bit, r"0000.zarr: content differs"),
        (other_task, r"0000.json: belongs to task car_racing, not take_cover"),
        (no_json, r"0000.json: not readable as JSON"),
        (lambda store: store.with_suffix(".json").unlink(), r"0000.json: missing"),
    ],
)
def test_damage_is_named(tmp_path: Path, damage: object, message: str) -> None:
    """The error is one line that names the file and the fault."""
    write(tmp_path / "0000.json", [70, 3])
    assert callable(damage)
    damage(tmp_path / "0000.zarr")
    with pytest.raises(WorldModelsError, match=message) as error:
        Shard(tmp_path / "0000.json", "rollouts", "take_cover")
    assert "\n" not in str(error.value)


def test_manifest_cannot_lead_elsewhere(tmp_path: Path) -> None:
    """A manifest from elsewhere can't point outside its own folder."""
    write(tmp_path / "outside/0000.json", [5])
    write(tmp_path / "inside/0000.json", [5])
    manifest = tmp_path / "inside/0000.json"
    content = json.loads(manifest.read_text())
    write_json(manifest, {**content, "store": "../outside/0000.zarr"})
    shutil.rmtree(tmp_path / "inside/0000.zarr")
    with pytest.raises(WorldModelsError, match=r"inside/0000.zarr: missing"):
        Shard(manifest, "rollouts", "take_cover")


def test_shards_open_in_order(tmp_path: Path) -> None:
    """Shards open in order, whatever order they are given in."""
    for number, length in enumerate((3, 4, 5)):
        write(tmp_path / f"{number:04d}.json", [length])
    names = [tmp_path / f"{number:04d}.json" for number in (2, 0, 1)]
    assert [s.steps for s in open_shards(names, "rollouts", "take_cover")] == [3, 4, 5]
