"""Every kind of artifact with every fault gives one line that names the file, or does no harm."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from tests.reliability.artifacts import OTHER, TASK, make, search
from world_models.controller import checkpoint as controller
from world_models.controller.spec import AgentSpec
from world_models.errors import WorldModelsError
from world_models.memory import model as memory_model
from world_models.memory.latents import Latents
from world_models.paper.reading import read_scores
from world_models.rollouts.store import Shard
from world_models.settings import resolve
from world_models.storage import checkpoints
from world_models.storage.files import SEAL, digest, write_json
from world_models.storage.yaml_file import read_config
from world_models.tasks.take_cover.settings import TakeCoverEnvironment
from world_models.vision import model as vision_model


def read_all_of_rollouts(folder: Path) -> None:
    """Read rollouts as V's training does."""
    Shard(folder / "rollouts.json", "rollouts", TASK).rows["frames"][:]


def read_all_of_latents(folder: Path) -> None:
    """Read latents as M's training does."""
    Latents([folder / "latents.json"], TASK, folder)


def read_models(folder: Path) -> None:
    """Read models as an evaluation does: V, M and C must fit each other."""
    parameters, _ = controller.load(folder / "controller.safetensors", TASK)
    spec = AgentSpec(
        TASK, TakeCoverEnvironment(), "z_h",
        folder / "vision.safetensors", folder / "memory.safetensors", 1,
        sees_cell=True, bias=False,
    )  # fmt: skip
    if parameters.shape != (spec.policy().parameters,):
        raise WorldModelsError("controller.safetensors: does not fit")


READ: dict[str, Callable[[Path], Any]] = {
    "rollouts.zarr": read_all_of_rollouts,
    "rollouts.json": read_all_of_rollouts,
    "latents.zarr": read_all_of_latents,
    "latents.json": read_all_of_latents,
    "vision.safetensors": lambda folder: vision_model.load(folder / "vision.safetensors", TASK),
    "vision.json": lambda folder: vision_model.load(folder / "vision.safetensors", TASK),
    "memory.safetensors": lambda folder: memory_model.load(folder / "memory.safetensors", TASK),
    "memory.json": lambda folder: memory_model.load(folder / "memory.safetensors", TASK),
    "controller.safetensors": lambda folder: controller.load(
        folder / "controller.safetensors", TASK
    ),
    "controller.json": lambda folder: controller.load(folder / "controller.safetensors", TASK),
    "fitness.jsonl": lambda folder: search(folder / "fitness.jsonl"),
    "rows.csv": lambda folder: read_scores(folder / "rows.csv"),
    "config.yaml": lambda folder: resolve(read_config(folder / "config.yaml"), "lab"),
}
"""For each artifact, how the project reads it."""

FAULTS = ("missing", "empty", "truncated", "flipped", "other_task", "other_latent", "nan")

HARMLESS = {
    # A search continues from the lines that are left, with the same result.
    ("fitness.jsonl", "missing"),
    ("fitness.jsonl", "empty"),
    ("fitness.jsonl", "truncated"),
    # These do not depend on the latent size.
    ("rollouts.zarr", "other_latent"),
    ("rollouts.json", "other_latent"),
    ("rows.csv", "other_latent"),
    # Other settings are still valid settings.
    ("config.yaml", "other_task"),
    ("config.yaml", "other_latent"),
    # Rows don't name their task; the tables compare their seeds instead (tests/paper).
    ("rows.csv", "other_task"),
}


def damage(folder: Path, name: str, fault: str, others: dict[str, Path]) -> None:
    """Damage an artifact."""
    path = folder / name
    if fault == "missing":
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif fault == "empty":
        if path.is_dir():
            shutil.rmtree(path)
            path.mkdir()
        else:
            path.write_bytes(b"")
    elif fault in ("truncated", "flipped"):
        files = [each for each in path.rglob("*") if each.is_file()] or [path]
        file = max(files, key=lambda each: each.stat().st_size)
        content = bytearray(file.read_bytes())
        if fault == "truncated":
            content = content[: len(content) * 2 // 3]
        else:
            content[len(content) // 2] ^= 1
        file.write_bytes(content)
    elif fault in others:
        copy = shutil.copytree if path.is_dir() else shutil.copy
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        copy(others[fault] / name, path)
    else:
        put_nan(folder, path)


def put_nan(folder: Path, path: Path) -> None:
    """Put a NaN among the numbers and update the digest, as a broken stage would."""
    if path.suffix == ".zarr":
        import zarr

        name = "rewards" if path.stem == "rollouts" else "mu"
        array = zarr.open_group(path, mode="r+")[name]
        array[:1] = np.nan
        reseal(path.with_suffix(".json"), sha256=digest(path))
    elif path.suffix == ".safetensors":
        from safetensors.torch import load_file, save_file

        tensors = load_file(path)
        next(iter(tensors.values())).view(-1)[0] = torch.nan
        save_file(tensors, path)
        reseal(path.with_suffix(".json"), sha256=digest(path))
    elif path.suffix == ".json":
        content = json.loads(path.read_text())
        path.write_text(json.dumps({**content, "sha256": float("nan")}))
    elif path.suffix == ".jsonl":
        content = json.loads(path.read_text().splitlines()[0])
        content["fitness"][0] = float("nan")
        path.write_text(json.dumps(content) + "\n")
    elif path.suffix == ".csv":
        path.write_text(path.read_text().replace("41.0", "nan"))
    else:
        path.write_text("seed: .nan\nscales: {lab: {}}\n")


def reseal(path: Path, **changes: object) -> None:
    """Change a description, with a valid seal."""
    write_json(path, {**json.loads(path.read_text()), **changes})


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make undamaged artifacts."""
    return make(tmp_path_factory.mktemp("artifacts") / "good")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make artifacts of the other task and of another latent size."""
    folder = tmp_path_factory.mktemp("artifacts")
    return {
        "other_task": make(folder / "task", task=OTHER, seed=1),
        "other_latent": make(folder / "latent", latent=5),
    }


def contents(folder: Path) -> dict[str, str]:
    """Return the digest of every file."""
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", READ)
def test_undamaged(good: Path, name: str) -> None:
    """Undamaged artifacts can be read."""
    READ[name](good)
    read_models(good)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", READ)
def test_faults(good: Path, others: dict[str, Path], tmp_path: Path, name: str, fault: str) -> None:
    """The error is one line that names the artifact; nothing is overwritten."""
    folder = tmp_path / "data"
    if fault == "other_latent":
        shutil.copytree(good, folder)
    else:  # the artifact's own files are enough
        folder.mkdir()
        for path in good.glob(f"{Path(name).stem}.*"):
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, folder / path.name)
    damage(folder, name, fault, others)
    before = contents(folder)
    if (name, fault) in HARMLESS:
        READ[name](folder)
        if name == "fitness.jsonl":
            assert (folder / name).read_bytes() == (good / name).read_bytes()
        return
    with pytest.raises(WorldModelsError) as error:
        READ[name](folder)
        if fault == "other_latent":  # valid by itself, but does not fit the others
            read_models(folder)
            Latents([good / "latents.json", folder / "latents.json"], TASK, tmp_path)
    message = str(error.value)
    assert "\n" not in message
    assert Path(name).stem in message
    assert ";" in message or "config.yaml" in message, f"no remedy: {message}"
    assert contents(folder) == before


@pytest.mark.parametrize("name", [name for name in READ if name.endswith(".json")])
def test_every_bit_of_a_description_counts(good: Path, tmp_path: Path, name: str) -> None:
    """If any bit flips, the reader refuses the file or reads what was written."""
    folder = tmp_path / "data"
    shutil.copytree(good, folder)
    content, original = (folder / name).read_bytes(), json.loads((folder / name).read_text())
    rng = np.random.default_rng(0)
    for bit in rng.choice(8 * len(content), 60, replace=False):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << (bit % 8)
        (folder / name).write_bytes(flipped)
        try:
            READ[name](folder)
        except WorldModelsError:
            continue
        found = json.loads(flipped)
        found.pop(SEAL, None)
        assert {k: v for k, v in found.items() if k in original} == {
            k: v for k, v in original.items() if k != SEAL
        }


def test_yaml_is_data(tmp_path: Path) -> None:
    """A configuration that is not a mapping, or would run code, is refused."""
    for text in ("- 1\n", "seed: !!python/object/apply:os.getpid []\n", "seed: [\n"):
        (tmp_path / "config.yaml").write_text(text)
        with pytest.raises(WorldModelsError, match=r"config.yaml: "):
            read_config(tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"seed": 3}))
    assert read_config(tmp_path / "config.yaml") == {"seed": 3}


def test_nothing_bad_is_written(tmp_path: Path) -> None:
    """Checkpoints and descriptions with values that are not finite are never written."""
    with pytest.raises(WorldModelsError, match="weights has values that are not finite"):
        checkpoints.save(
            tmp_path / "model.safetensors", "vision", TASK, {"weights": torch.tensor([torch.inf])}
        )
    with pytest.raises(WorldModelsError, match=r"metrics.json: not written, a number"):
        write_json(tmp_path / "metrics.json", {"kind": "vision_metrics", "error": float("nan")})
    assert list(tmp_path.iterdir()) == []
