"""The training and evaluation stages of an RSSM: outputs, interruptions, mistakes."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.kills import run_killed
from tests.successors import stages
from tests.successors.toys import ECHO, settings_of
from world_models.dream.engine import Dream
from world_models.dream.environment import DreamEnvironment
from world_models.errors import WorldModelsError
from world_models.successors.rssm import evaluate, futures, train
from world_models.successors.rssm.checkpoint import load
from world_models.successors.rssm.learner import RssmLearner
from world_models.successors.rssm.presets import PRESETS
from world_models.successors.rssm.world_model import RssmWorldModel

SHORT = {
    "steps": 160, "prefill_steps": 24, "batch_size": 2, "batch_length": 6, "recurrent_size": 16,
    "hidden_size": 16, "head_units": 16, "train_ratio": 6.0, "replay_rows": 80,
}  # fmt: skip


def arguments(folder: Path, preset: str = "dreamer_3", **changes: Any) -> list[str]:
    """Return the training stage's command line."""
    return stages.arguments(folder, settings_of(preset, **SHORT), "--preset", preset, **changes)


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
    """The curve counts steps and updates as the settings say; checkpoint and costs agree."""
    rows = list(csv.DictReader((undisturbed / "curve.csv").open()))
    last, about = rows[-1], json.loads((undisturbed / "model.json").read_text())
    assert int(last["steps"]) == about["steps"] >= 160
    prefill = [row for row in rows if not row["image"]]
    assert len(prefill) >= 1 and int(prefill[-1]["updates"]) == 0
    actions = int(last["steps"]) - int(prefill[-1]["steps"])
    assert int(last["updates"]) == about["updates"] == actions * 6 // 12
    assert float(last["image"]) < float(rows[len(prefill)]["image"])
    assert about["parameters"] > 1000 and about["preset"] == "dreamer_3"
    cost = json.loads((undisturbed / "cost.json").read_text())
    assert cost["updates"] == about["updates"] and cost["hours"] > 0


def test_resuming_is_exact(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after a round, at an update or at a replay wrap, training ends in the same bytes."""
    interruption = stages.Interruption(monkeypatch, train, RssmLearner, "update")
    stages.resume(train, arguments(tmp_path), interruption, 2, 9, 7, 30)
    assert stages.digests(tmp_path) == stages.digests(undisturbed)


@pytest.mark.slow
def test_sigkill(undisturbed: Path, tmp_path: Path) -> None:
    """After kills at any moment, the same command ends with the same bytes."""
    script = (
        "import time; from world_models.successors.rssm import train as stage\n"
        "from tests.successors.toys import get_echo\n"
        "from world_models.successors import command\n"
        "stage.get_task, command.progress_digest = get_echo, lambda *modules: 'code'\n"
        "learn = stage.RssmLearner.update\n"
        "def slow(*args):\n"
        "    time.sleep(0.02)\n"
        "    return learn(*args)\n"
        "stage.RssmLearner.update = slow\n"
        f"stage.main({arguments(tmp_path)!r})\n"
    )
    run_killed(script, tmp_path, (0.05, 0.3, 0.6))
    assert stages.digests(tmp_path) == stages.digests(undisturbed)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_trained_agents_play_and_dream(preset: str, tmp_path: Path) -> None:
    """Each preset's checkpoint can be evaluated, imagine futures, and serve as a dream."""
    train.main(arguments(tmp_path, preset, steps=60))
    stages.check_evaluation(evaluate.main, tmp_path / "model.safetensors", tmp_path)
    result = stages.check_futures(futures.main, tmp_path / "model.safetensors", tmp_path)
    assert result.imagined.frames.shape == (2, *result.frames[1:].shape)
    agent, frames, _ = load(tmp_path / "model.safetensors", ECHO)
    assert frames.dtype == np.uint8 and (frames == 0).all() and len(frames) > 5
    dreams = Dream(RssmWorldModel(agent.model, 2, frames), 1.0, 12)
    dreams.start([0, 1], [1, 2])
    rewards, ends = dreams.step([0, 1], np.eye(3, dtype=np.float32)[[0, 1]])
    assert np.isfinite(rewards).all() and ends.shape == (2,)
    model = RssmWorldModel(agent.model, 1, frames)
    parts = ("z", "h")
    environment = DreamEnvironment(
        model, 1.0, 12, ECHO, parts, model.decode, "rgb_array", shows=parts
    )
    observation, _ = environment.reset(seed=1)
    assert observation.shape == (agent.model.dynamics.features,)
    assert np.isfinite(environment.step(np.eye(3, dtype=np.float32)[0])[1])
    assert environment.render().shape == (64, 64, 3)


def test_mistakes(undisturbed: Path, tmp_path: Path) -> None:
    """The error names what is wrong; nothing is written."""
    cases = {
        "echo.dreamer_3.horizon: ": {"horizon": 0},
        "echo.dreamer_3.horizont: unknown setting": {"horizont": 3},
        "echo.dreamer_3.choices: .* has 2 numbers": {"choices": [[1.0, 0.0], [0.0, 1.0]]},
        "replay_rows: a round of .* rows does not fit into 14": {"replay_rows": 14},
        "not finite|not replaced after step": {"model_learning_rate": 1e30, "gradient_clip": 1e30},
    }
    for message, changes in cases.items():
        with pytest.raises(WorldModelsError, match=message):
            train.main(arguments(tmp_path / "out", **changes))
        assert not (tmp_path / "out/model.safetensors").exists()
    for name in ("flags", "frames"):
        folder = tmp_path / name
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RssmLearner, "update", lambda *args: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                train.main(arguments(folder))
        (folder / f"progress/replay/{name}.bin").unlink()
        with pytest.raises(WorldModelsError, match=f"{name}.bin: missing or cut short; remove"):
            train.main(arguments(folder))
