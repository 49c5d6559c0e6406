"""PPO: advantages against brute force, learning, and its stages, killed and resumed."""

import csv
import json
import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.successors import stages
from tests.successors.model_free.settings import small
from tests.successors.toys import ECHO, SPACE
from world_models.errors import WorldModelsError
from world_models.play.actors import Actor
from world_models.play.episodes import Assignment
from world_models.storage.snapshots import Snapshots
from world_models.successors.actions import ActionSpace
from world_models.successors.driver import Flag, play_round
from world_models.successors.model_free import evaluate, train
from world_models.successors.model_free.agent import PpoActor, make_ppo
from world_models.successors.model_free.learner import Played, PpoLearner, history_of
from world_models.successors.model_free.on_policy import OnPolicy

SHORT = {"steps": 260, "round_rows": 60, "slots": 3, "epochs": 2, "decays": True}


@pytest.fixture(scope="module", autouse=True)
def echo() -> Iterator[None]:
    """Make the stages play the echo."""
    torch.set_num_threads(1)
    with stages.playing_echo(train):
        yield


def learner_of(space: ActionSpace = SPACE, **changes: Any) -> PpoLearner:
    """Return a new learner."""
    settings = small(**changes)
    return PpoLearner(make_ppo(settings, space, torch.device("cpu"), 1), settings, space)


def scores(actor: Actor, seeds: range) -> list[float]:
    """Return an actor's scores in the echo."""
    assignments = [Assignment(0, seed) for seed in seeds]
    episodes, _ = play_round(actor, ECHO.make_training(len(seeds)), assignments, 3, 1)
    return [episode.score for episode in episodes]


def test_the_optimum_is_learnt() -> None:
    """PPO nearly reaches the 15 of playing 2, 1, 2, 1, ...; random play scores about 4."""
    learner = learner_of(steps=2200)
    assert np.mean(scores(learner.actor(8), range(8))) < 8
    OnPolicy(ECHO, "ppo", learner, learner.settings, 3, Snapshots(None, {}, 1)).run()
    best = PpoActor(learner.policy, learner.settings, SPACE, 4, mode=True)
    assert np.mean(scores(best, range(4))) >= 14.5


@pytest.mark.parametrize("terminated", [True, False])
def test_advantages_are_those_of_brute_force(terminated: bool) -> None:
    """Advantages are λ-weighted sums of TD errors; only truncated episodes bootstrap at the end."""
    learner = learner_of(reward_scale=0.5, discount=0.9, gae_lambda=0.8)
    rng, played = np.random.default_rng(0), []
    for length in (5, 3):
        flags = np.zeros(length + 1, dtype=np.uint8)
        flags[-1] = Flag.LAST | (Flag.TERMINATED if terminated else 0)
        rows = {
            "frames": rng.integers(0, 255, (length + 1, 64, 64, 3), dtype=np.uint8),
            "rewards": rng.normal(size=length + 1).astype(np.float32),
            "flags": flags,
        }
        raw = np.eye(3, dtype=np.float32)[rng.integers(3, size=length)]
        played.append(Played(rows, raw))
    buffer = learner.buffer(played)
    assert buffer.full
    at = 0
    for rows, raw in played:
        seen = torch.from_numpy(history_of(rows["frames"], learner.settings.history))
        with torch.no_grad():
            values = learner.policy.predict_values(seen)[:, 0].numpy()
        values[-1] *= not terminated
        deltas = 0.5 * rows["rewards"][1:] + 0.9 * values[1:] - values[:-1]
        for step in range(len(raw)):
            expected = sum(0.72**ahead * each for ahead, each in enumerate(deltas[step:]))
            assert buffer.advantages[at, 0] == pytest.approx(expected, abs=1e-5)
            assert buffer.actions[at, 0, 0] == raw[step].argmax()
            at += 1


@pytest.mark.parametrize("discrete", [True, False])
def test_what_was_played_is_what_is_learnt_from(discrete: bool) -> None:
    """The buffer has the frames seen in play, and the log-probabilities of the actions drawn."""
    bounds = ActionSpace(torch.zeros(3), torch.ones(3))
    learner = learner_of(SPACE if discrete else bounds, history=3)
    actor, seen, drew = learner.actor(1), [], []
    inner = actor._draw

    def draw(frames: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        raw = inner(frames, noise)
        taken = raw.argmax(-1) if discrete else raw
        seen.append(frames[0].numpy())
        drew.append(learner.policy.get_distribution(frames).log_prob(taken)[0].item())
        return raw

    actor._draw = draw  # type: ignore[method-assign]
    _, (rows,) = play_round(actor, ECHO.make_training(1), [Assignment(0, 5)], 3, 1)
    buffer = learner.buffer([Played(rows, np.stack(actor.raw[0]))])
    np.testing.assert_array_equal(buffer.observations[:, 0], np.stack(seen))
    np.testing.assert_allclose(buffer.log_probs[:, 0], drew, atol=1e-5)


def test_a_sample_follows_the_policy() -> None:
    """Actions are drawn with the policy's probabilities; the mode is the likeliest action."""
    learner = learner_of()
    with torch.no_grad():
        learner.policy.action_net.bias.copy_(torch.tensor([0.0, 1.0, 0.5]))
    frames = torch.zeros(4000, 6, 64, 64, dtype=torch.uint8)
    noise = torch.randn(4000, 3, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        drawn = learner.actor(1)._draw(frames, noise).mean(0)
        probabilities = learner.policy.get_distribution(frames[:1]).distribution.probs[0]
    torch.testing.assert_close(drawn, probabilities, atol=0.03, rtol=0)
    best = PpoActor(learner.policy, learner.settings, SPACE, 1, mode=True)
    assert best._draw(frames[:1], noise[:1])[0].argmax() == probabilities.argmax()


def arguments(folder: Path, **changes: Any) -> list[str]:
    """Return the training stage's command line."""
    return stages.arguments(folder, small(**SHORT), **changes)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train without interruption; return the folder of the outputs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    train.main(arguments(folder))
    return folder


def test_outputs(undisturbed: Path) -> None:
    """The curve has a row per round with all terms; model.json and cost.json agree with it."""
    rows = list(csv.DictReader((undisturbed / "curve.csv").open()))
    about = json.loads((undisturbed / "model.json").read_text())
    assert int(rows[-1]["steps"]) == about["steps"] >= 260
    assert all(row["value"] and row["entropy"] for row in rows) and len(rows) >= 3
    cost = json.loads((undisturbed / "cost.json").read_text())
    assert cost["updates"] == about["updates"] == int(rows[-1]["updates"])
    assert cost["method"] == "ppo"


def killed(folder: Path, calls: int, patch: pytest.MonkeyPatch) -> int:
    """Train in a process that kills itself in its `calls`-th update; return the signal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the process may have threads
        child = os.fork()
    if not child:
        learn, done = PpoLearner.learn, [0]

        def learning(*args: Any) -> Any:
            done[0] += 1
            if done[0] == calls:
                os.kill(os.getpid(), signal.SIGKILL)
            return learn(*args)

        patch.setattr(PpoLearner, "learn", learning)
        try:
            train.main(arguments(folder))
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def test_killed_and_resumed(
    undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training killed before the first snapshot and after others ends with the same bytes."""
    for calls in (1, 3, 2):
        assert killed(tmp_path, calls, monkeypatch) == signal.SIGKILL
        assert not (tmp_path / "model.safetensors").exists()
    train.main(arguments(tmp_path))
    assert stages.digests(tmp_path) == stages.digests(undisturbed)
    assert "continuing" in (tmp_path / "log").read_text()


def test_evaluation(undisturbed: Path, tmp_path: Path) -> None:
    """A trained agent plays the evaluation episodes the same way each time."""
    stages.check_evaluation(evaluate.main, undisturbed / "model.safetensors", tmp_path)


def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names what is wrong; nothing is written."""
    cases: dict[str, dict[str, Any]] = {
        "echo.ppo.epochs: ": {"epochs": 0},
        "echo.ppo.replay_rows: unknown setting": {"replay_rows": 3},
        "echo.ppo.choices: .* has 2 numbers": {"choices": [[1.0, 0.0], [0.0, 1.0]]},
    }
    for message, changes in cases.items():
        with pytest.raises(WorldModelsError, match=message):
            train.main(arguments(tmp_path / "out", **changes))
    assert not (tmp_path / "out/model.safetensors").exists()
