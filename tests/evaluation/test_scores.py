"""The scores stage as a user runs it, in subprocesses on the real Take Cover, and its errors."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.finished import ROOT, run
from world_models.controller import checkpoint as controller_model
from world_models.memory.model import Initial, Memory
from world_models.memory.model import save as save_memory
from world_models.seeds import Purpose, derive
from world_models.storage import checkpoints
from world_models.storage.files import digest
from world_models.vision.model import KIND as VISION
from world_models.vision.model import Vision

ENVIRONMENT = json.dumps({"max_steps": 40, "resolution": "160x120"})
SETTINGS = json.dumps({"episodes": 5, "slots": 3})
DREAM_SETTINGS = json.dumps({"episodes": 7, "slots": 3})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save checkpoints of an untrained V and M and a random controller of Take Cover."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    vision = Vision(8)
    checkpoints.save(
        folder / "vision.safetensors", VISION, "take_cover", vision.state_dict(),
        settings={"latent_size": 8},
    )  # fmt: skip
    memory = Memory(8, 1, 16, 5, True, False, True)
    initial = Initial(torch.randn(4, 8), torch.zeros(4, 8))
    save_memory(
        folder / "memory.safetensors", "take_cover", memory, initial,
        vision=digest(folder / "vision.safetensors"),
    )  # fmt: skip
    known = {name: digest(folder / f"{name}.safetensors") for name in ("vision", "memory")}
    controller_model.save(
        folder / "controller.safetensors", "take_cover",
        np.random.default_rng(0).normal(size=8 + 2 * 16).astype(np.float32),
        variant="z_h", temperature=1.15, models={"memory": known["memory"]},
        settings={"sees_cell": True, "bias": False},
    )  # fmt: skip
    return folder


def score(models: Path, output: Path, *more: str, **changed: str) -> tuple[int, str]:
    """Run the stage; return its exit status and stderr."""
    options = {
        "--environment": ENVIRONMENT,
        "--settings": SETTINGS,
        "--controller": str(models / "controller.safetensors"),
        "--vision": str(models / "vision.safetensors"),
        "--memory": str(models / "memory.safetensors"),
        "--output": str(output),
        **{f"--{key}": value for key, value in changed.items()},
    }
    command = ("python", "-m", "world_models.evaluation.scores", "--task", "take_cover")
    argv = (part for pair in options.items() for part in pair)
    done = run(*command, *argv, *more, cwd=ROOT, check=False)
    return done.returncode, done.stderr


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV of scores."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_real_scores(models: Path, tmp_path: Path) -> None:
    """The CSV has a row per episode, with evaluation seeds, and is the same for 1 and 2 workers."""
    outputs = [tmp_path / f"{workers}.csv" for workers in (1, 2)]
    for output, workers in zip(outputs, ("1", "2"), strict=True):
        status, stderr = score(models, output, workers=workers)
        assert status == 0, stderr
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    found = rows(outputs[0])
    assert [row["episode"] for row in found] == ["0", "1", "2", "3", "4"]
    for number, row in enumerate(found):
        seed = derive(1, Purpose.EVALUATION, "take_cover", "real", number)
        assert int(row["seed"]) == seed
        assert row["end"] in ("killed", "time_limit")
        assert float(row["score"]) == int(row["steps"]) <= 40


def test_dream_scores(models: Path, tmp_path: Path) -> None:
    """The dream plays as many episodes as its settings say, and repeats give the same bytes."""
    for name in ("a", "b"):
        status, stderr = score(models, tmp_path / name, "--dream", settings=DREAM_SETTINGS)
        assert status == 0, stderr
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len(rows(tmp_path / "a")) == 7


def test_random_policy(tmp_path: Path) -> None:
    """The random baseline plays episodes with the same seeds."""
    run(
        "python", "-m", "world_models.evaluation.random_policy", "--task", "take_cover",
        "--environment", ENVIRONMENT, "--settings", SETTINGS, "--output", str(tmp_path / "r.csv"),
        cwd=ROOT,
    )  # fmt: skip
    seeds = [int(row["seed"]) for row in rows(tmp_path / "r.csv")]
    assert seeds == [derive(1, Purpose.EVALUATION, "take_cover", "real", n) for n in range(5)]


def test_mistakes_are_named(models: Path, tmp_path: Path) -> None:
    """Another V or M, another task's model or a missing file: one line, and nothing is written."""
    other = Vision(8)
    settings = {"latent_size": 8}
    checkpoints.save(tmp_path / "car.safetensors", VISION, "car_racing", other.state_dict(),
                     settings=settings)  # fmt: skip
    checkpoints.save(tmp_path / "other.safetensors", VISION, "take_cover", other.state_dict(),
                     settings=settings)  # fmt: skip
    memory = Memory(8, 1, 16, 5, True, False, True)
    initial = Initial(torch.randn(4, 8), torch.zeros(4, 8))
    save_memory(tmp_path / "memory.safetensors", "take_cover", memory, initial)
    output = tmp_path / "out.csv"
    output.write_text("earlier")
    for changed, message in (
        ({"vision": "car.safetensors"}, "car.json: belongs to task car_racing, not take_cover"),
        ({"vision": "other.safetensors"}, "memory.safetensors: was not trained on"),
        ({"memory": "memory.safetensors"}, "memory.safetensors: not the memory that"),
        ({"controller": "none.safetensors"}, "none.json: missing"),
    ):
        status, stderr = score(
            models, output, **{key: str(tmp_path / name) for key, name in changed.items()}
        )
        assert status == 2
        assert message in stderr
        assert len(stderr.strip().splitlines()) == 1
    assert output.read_text() == "earlier"


def test_no_number_is_lost(models: Path, tmp_path: Path) -> None:
    """The mean of the rows is the mean in the log."""
    status, stderr = score(models, tmp_path / "out.csv")
    assert status == 0
    mean = np.mean([float(row["score"]) for row in rows(tmp_path / "out.csv")])
    assert f"{mean:.1f} ±" in stderr
