"""M's training stage: outputs, interruptions, mistakes."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.kills import run_killed
from tests.memory.stores import episode, random_episode, store
from world_models.errors import WorldModelsError
from world_models.memory import train
from world_models.memory.model import load
from world_models.storage.files import digest
from world_models.tasks.contract import End

SETTINGS = {
    "hidden_size": 8,
    "mixtures": 2,
    "predicts_death": True,
    "predicts_reward": False,
    "sees_restart": True,
    "epochs": 6,
    "decay_epochs": 3,
    "batch_size": 4,
    "sequence_length": 5,
    "threads": 1,
}
OUTPUTS = ("model.safetensors", "model.json", "curve.csv", "metrics.json")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with training and held-out latents."""
    folder, rng = tmp_path_factory.mktemp("latents"), np.random.default_rng(0)
    episodes = [
        random_episode(rng, int(rng.integers(3, 30)), End.TERMINATED if n % 3 else End.TRUNCATED)
        for n in range(16)
    ]
    store(folder / "0000.json", episodes[:6])
    store(folder / "0001.json", episodes[6:12])
    store(folder / "0002.json", episodes[12:])
    return folder


def arguments(stores: Path, folder: Path, **changes: object) -> list[str]:
    """Return the stage's command line."""
    return [
        "--task", "take_cover", "--seed", "3", "--device", "cpu",
        "--settings", json.dumps({**SETTINGS, **changes}),
        "--latents", str(stores / "0000.json"), str(stores / "0001.json"),
        "--held-out", str(stores / "0002.json"),
        "--output", str(folder / "model.safetensors"), "--curve", str(folder / "curve.csv"),
        "--metrics", str(folder / "metrics.json"), "--progress", str(folder / "progress"),
        "--save-every", "1e-6", "--log", str(folder / "log"),
    ]  # fmt: skip


def digests(folder: Path) -> list[str]:
    """Return the outputs' digests."""
    return [digest(folder / name) for name in OUTPUTS]


@pytest.fixture(scope="module")
def undisturbed(stores: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train without interruption; return the folder of the outputs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    train.main(arguments(stores, folder))
    return folder


def test_outputs(undisturbed: Path) -> None:
    """Checkpoint, curve and metrics hold what they should."""
    _, initial, about = load(undisturbed / "model.safetensors", "take_cover")
    assert initial.mu.shape == (12, 3)
    assert about["settings"]["epochs"] == 6 and len(about["trained_on"]) == 2
    rows = list(csv.DictReader((undisturbed / "curve.csv").open()))
    assert [int(row["step"]) for row in rows] == list(range(len(rows)))
    assert {row["epoch"] for row in rows} == set("012345")
    assert all(row["reward"] == "" and float(row["death"]) > 0 for row in rows)
    metrics = json.loads((undisturbed / "metrics.json").read_text())
    assert metrics["kind"] == "memory_metrics" and metrics["deaths"] == 2
    assert {path.name for path in undisturbed.iterdir()} == {*OUTPUTS, "log", "progress"}


@pytest.mark.parametrize("flag", ["predicts_death", "predicts_reward", "sees_restart"])
def test_heads_and_inputs_are_settings(stores: Path, tmp_path: Path, flag: str) -> None:
    """M has the heads and inputs of its settings, and the curve has numbers for each head."""
    other = not SETTINGS[flag]
    train.main(arguments(stores, tmp_path, epochs=1, decay_epochs=0, **{flag: other}))
    memory, _, about = load(tmp_path / "model.safetensors", "take_cover")
    expected = {"predicts_death": True, "predicts_reward": False, "sees_restart": True, flag: other}
    assert {name: about["architecture"][name] for name in expected} == expected
    assert memory.weight_ih.shape[1] == 3 + 1 + expected["sees_restart"]
    rows = list(csv.DictReader((tmp_path / "curve.csv").open()))
    for column, head in (("death", "predicts_death"), ("reward", "predicts_reward")):
        assert all((row[column] != "") is expected[head] for row in rows)


def test_learning_rate(
    stores: Path, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The learning rate is constant, then decays by a constant factor, nearly to its minimum."""
    step, rates = torch.optim.Adam.step, []

    def noting(self: torch.optim.Adam) -> None:
        rates.append(self.param_groups[0]["lr"])
        step(self)

    monkeypatch.setattr(torch.optim.Adam, "step", noting)
    train.main(arguments(stores, tmp_path, learning_rate=1e-2, min_learning_rate=1e-4))
    rows = list(csv.DictReader((undisturbed / "curve.csv").open()))
    stands = sum(int(row["epoch"]) < 3 for row in rows)
    falls = len(rows) - stands
    expected = [1e-2] * stands + [1e-2 * 100 ** (-step / falls) for step in range(falls)]
    np.testing.assert_allclose(rates, expected, rtol=1e-9)


class KilledError(Exception):
    """Simulates the end of the process."""


@pytest.mark.parametrize("first", [1, 8])
def test_resuming_is_exact(
    stores: Path, undisturbed: Path, tmp_path: Path, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training stopped after any window, also between epochs, ends with the same bytes."""
    learn, steps, limit = train.backward, [0], [0]

    def interrupted(*args: object) -> object:
        if steps[0] == limit[0]:
            raise KilledError
        steps[0] += 1
        return learn(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(train, "backward", interrupted)
    for limit[0] in (first, first + 4, first + 7):
        with pytest.raises(KilledError):
            train.main(arguments(stores, tmp_path))
        assert not (tmp_path / "model.safetensors").exists()
    limit[0] = -1
    train.main(arguments(stores, tmp_path))
    assert steps[0] == len((undisturbed / "curve.csv").read_text().splitlines()) - 1
    assert digests(tmp_path) == digests(undisturbed)


@pytest.mark.slow
def test_sigkill(stores: Path, undisturbed: Path, tmp_path: Path) -> None:
    """After kills at any moment, the same command ends with the same bytes."""
    script = (
        "import time; from world_models.memory import train as stage\n"
        "backward = stage.backward\n"
        "def slow(*args):\n"
        "    time.sleep(0.05)\n"
        "    return backward(*args)\n"
        "stage.backward = slow\n"
        f"stage.main({arguments(stores, tmp_path)!r})\n"
    )
    run_killed(script, tmp_path, (0.12, 0.31, 0.47))
    assert digests(tmp_path) == digests(undisturbed)
    assert "continuing" in (tmp_path / "log").read_text()


def test_other_settings_start_anew(stores: Path, undisturbed: Path, tmp_path: Path) -> None:
    """A snapshot made with other settings is not continued."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "measure", lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train.main(arguments(stores, tmp_path, learning_rate=0.5))
    assert (tmp_path / "progress/snapshot.safetensors").exists()
    train.main(arguments(stores, tmp_path))
    assert digests(tmp_path) == digests(undisturbed)


def test_a_loss_that_is_not_finite(stores: Path, tmp_path: Path) -> None:
    """The stage stops, names the step, and leaves the last good snapshot but no output."""
    with pytest.raises(WorldModelsError, match=r"take_cover.memory: .* not finite at step \d+"):
        train.main(arguments(stores, tmp_path, learning_rate=1e30))
    assert (tmp_path / "progress/snapshot.safetensors").exists()
    assert not any((tmp_path / name).exists() for name in OUTPUTS)


def test_mistakes(stores: Path, tmp_path: Path) -> None:
    """The error names what is wrong; earlier outputs stay as they were."""
    (tmp_path / "curve.csv").write_text("earlier")
    cases = {
        "take_cover.memory.epoch: unknown setting": arguments(stores, tmp_path, epoch=1),
        "decay_epochs 7 exceeds epochs 6": arguments(stores, tmp_path, decay_epochs=7),
        "0000.json: belongs to task take_cover, not car_racing": [
            "car_racing" if part == "take_cover" else part for part in arguments(stores, tmp_path)
        ],
        "nowhere.json: missing": [
            part.replace("0002", "nowhere") for part in arguments(stores, tmp_path)
        ],
    }
    for message, command in cases.items():
        with pytest.raises(WorldModelsError, match=message):
            train.main(command)
    assert (tmp_path / "curve.csv").read_text() == "earlier"


def test_held_out_latents_of_another_v(stores: Path, tmp_path: Path) -> None:
    """M is not measured on another V's latents."""
    other = store(tmp_path / "0.json", [episode(1, 5, End.TERMINATED, size=3)], vision="another")
    argv = arguments(stores, tmp_path / "out")
    argv[argv.index("--held-out") + 1] = str(other)
    with pytest.raises(
        WorldModelsError, match=r"0.json: encoded with a different V from .*0000.json"
    ):
        train.main(argv)
    assert not (tmp_path / "out/model.safetensors").exists()
