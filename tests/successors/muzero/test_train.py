"""MuZero's training and evaluation stages: outputs, interruptions, mistakes."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.successors import stages
from tests.successors.muzero.settings import small
from tests.toy_world import TOY
from world_models.errors import WorldModelsError
from world_models.successors.muzero import evaluate, futures, train
from world_models.successors.muzero.learner import MuzeroLearner

SHORT = {"steps": 80, "batch_size": 4, "train_ratio": 6.0, "replay_rows": 60, "target_every": 7}


def arguments(folder: Path, **changes: Any) -> list[str]:
    """Return the training stage's command line."""
    return stages.arguments(folder, small(**SHORT), **changes)


@pytest.fixture(scope="module", autouse=True)
def echo() -> Iterator[None]:
    """Make the stages play the echo."""
    with stages.playing_echo(train):
        yield


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train without interruption; return the folder of the outputs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    train.main(arguments(folder))
    return folder


def test_outputs(undisturbed: Path) -> None:
    """Curve, model.json and cost.json count steps and updates as the settings say."""
    rows = list(csv.DictReader((undisturbed / "curve.csv").open()))
    about = json.loads((undisturbed / "model.json").read_text())
    assert int(rows[-1]["steps"]) == about["steps"] >= 80
    assert about["updates"] == int(about["steps"] * 6 / 16)
    cost = json.loads((undisturbed / "cost.json").read_text())
    assert cost["updates"] == about["updates"] and cost["method"] == "muzero"


def test_resuming_is_exact(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training stopped after a round of play or between updates ends with the same bytes."""
    interruption = stages.Interruption(monkeypatch, train, MuzeroLearner, "update")
    stages.resume(train, arguments(tmp_path), interruption, 2, 9, 5)
    assert stages.digests(tmp_path) == stages.digests(undisturbed)


def test_evaluation(undisturbed: Path, tmp_path: Path) -> None:
    """A trained agent plays the evaluation episodes the same way each time."""
    stages.check_evaluation(evaluate.main, undisturbed / "model.safetensors", tmp_path)


def test_futures(undisturbed: Path, tmp_path: Path) -> None:
    """MuZero's model imagines rewards, but no frames."""
    result = stages.check_futures(futures.main, undisturbed / "model.safetensors", tmp_path)
    assert result.imagined.frames.shape[:2] == (1, 0)


def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names what is wrong; nothing is written."""
    cases: dict[str, dict[str, Any]] = {
        "echo.muzero.simulations: ": {"simulations": 0},
        "echo.muzero.simulation: unknown setting": {"simulation": 3},
        "prefill_steps must be 0": {"prefill_steps": 10},
        "echo.muzero.choices: .* has 2 numbers": {"choices": [[1.0, 0.0], [0.0, 1.0]]},
    }
    for message, changes in cases.items():
        with pytest.raises(WorldModelsError, match=message):
            train.main(arguments(tmp_path / "out", **changes))
    monkeypatch.setattr(train, "get_task", lambda *args: TOY)
    with pytest.raises(WorldModelsError, match=r"toy\.muzero\.choices: missing; MuZero needs"):
        train.main(arguments(tmp_path / "out"))
    assert not (tmp_path / "out/model.safetensors").exists()
