"""MuZero's training and evaluation as stages: outputs, interruption, mistakes."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.successors.muzero.settings import small
from tests.successors.toys import get_echo
from tests.toy_world import TOY
from world_models.errors import WorldModelsError
from world_models.storage.files import digest
from world_models.successors import evaluation
from world_models.successors.muzero import evaluate, train
from world_models.successors.muzero.learner import MuzeroLearner

OUTPUTS = ("model.safetensors", "model.json", "curve.csv")
SHORT = {"steps": 80, "batch_size": 4, "train_ratio": 6.0, "replay_rows": 60, "target_every": 7}


def arguments(folder: Path, **changes: Any) -> list[str]:
    """Return the stage's command line."""
    settings = small(**SHORT).model_dump()
    return [
        "--task", "echo", "--environment", "{}", "--seed", "3", "--device", "cpu",
        "--settings", json.dumps({**settings, **changes}),
        "--output", str(folder / "model.safetensors"), "--curve", str(folder / "curve.csv"),
        "--cost", str(folder / "cost.json"), "--progress", str(folder / "progress"),
        "--save-every", "1e-6", "--log", str(folder / "log"),
    ]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def echo() -> Iterator[None]:
    """Have the stages play the echo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "get_task", get_echo)
        patch.setattr(evaluation, "get_task", get_echo)
        patch.setattr(train, "progress_digest", lambda *modules: "code")
        yield


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    train.main(arguments(folder))
    return folder


def test_outputs(undisturbed: Path) -> None:
    """The curve counts steps and updates as the settings say; so does what stands beside it."""
    rows = list(csv.DictReader((undisturbed / "curve.csv").open()))
    about = json.loads((undisturbed / "model.json").read_text())
    assert int(rows[-1]["steps"]) == about["steps"] >= 80
    assert about["updates"] == int(about["steps"] * 6 / 16)
    cost = json.loads((undisturbed / "cost.json").read_text())
    assert cost["updates"] == about["updates"] and cost["method"] == "muzero"


class KilledError(Exception):
    """Stands for the end of the process."""


def test_resuming_is_exact(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the midst of a round or between updates: the same bytes."""
    learn, play, calls, limit = MuzeroLearner.update, train.Training._play, [0], [0]

    def count() -> None:
        calls[0] += 1
        if calls[0] == limit[0]:
            raise KilledError

    def learning(*args: Any) -> Any:
        count()
        return learn(*args)

    def playing(self: Any, environments: Any) -> None:
        play(self, environments)
        count()  # played and kept, but not saved

    monkeypatch.setattr(MuzeroLearner, "update", learning)
    monkeypatch.setattr(train.Training, "_play", playing)
    for stop in (2, 9, 5):
        calls[0], limit[0] = 0, stop
        with pytest.raises(KilledError):
            train.main(arguments(tmp_path))
        assert not (tmp_path / "model.safetensors").exists()
    limit[0] = -1
    train.main(arguments(tmp_path))
    for name in OUTPUTS:
        assert digest(tmp_path / name) == digest(undisturbed / name)
    assert "continuing" in (tmp_path / "log").read_text()


def test_evaluation(undisturbed: Path, tmp_path: Path) -> None:
    """A trained agent plays the fresh episodes, the same each time."""
    given = ["--task", "echo", "--environment", "{}", "--seed", "3",
             "--settings", json.dumps({"episodes": 6, "slots": 3}),
             "--agent", str(undisturbed / "model.safetensors"),
             "--output", str(tmp_path / "evaluation.csv"),
             "--log", str(tmp_path / "log")]  # fmt: skip
    evaluate.main(given)
    first = (tmp_path / "evaluation.csv").read_text()
    assert len(first.splitlines()) == 7
    evaluate.main(given)
    assert (tmp_path / "evaluation.csv").read_text() == first


def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that names what is wrong; nothing is written."""
    cases: dict[str, dict[str, Any]] = {
        "echo.muzero.simulations: ": {"simulations": 0},
        "echo.muzero.simulation: unknown setting": {"simulation": 3},
        "prefill_steps must be 0": {"prefill_steps": 10},
        "echo.muzero.choices: .* has 2 numbers": {"choices": [[1.0, 0.0], [0.0, 1.0]]},
    }
    for message, changes in cases.items():
        with pytest.raises(WorldModelsError, match=message):
            train.main(arguments(tmp_path / "out", **changes))
    monkeypatch.setattr(train, "get_task", lambda *given: TOY)
    with pytest.raises(WorldModelsError, match=r"toy\.muzero\.choices: missing; MuZero chooses"):
        train.main(arguments(tmp_path / "out"))
    assert not (tmp_path / "out/model.safetensors").exists()
