"""Any registered environment: its pictures, actions and ends."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces

from tests.tasks.registered import LANDER, register, task_of
from world_models.errors import WorldModelsError
from world_models.provenance.imports import SOURCE, closure
from world_models.provenance.pins import pins_of
from world_models.settings import experiment
from world_models.tasks.contract import End, Environment, Task
from world_models.tasks.frames import reduce_frame
from world_models.tasks.gymnasium.actions import actions_of
from world_models.tasks.gymnasium.environment import as_picture

SIDEWAYS = {"id": "LunarLander-v3", "options": {"continuous": True}}
POLE = {"id": "CartPole-v1"}
PENDULUM = {"id": "Pendulum-v1"}


def play(environment: Environment, task: Task, seed: int, steps: int = 60) -> list[Any]:
    """Return the frames, rewards and ends of an episode with the random actions of a seed."""
    act = task.behaviour("held", np.random.default_rng(seed))
    found: list[Any] = [environment.reset(seed).tobytes()]
    for _ in range(steps):
        frame, reward, end = environment.step(act())
        found.append((frame.tobytes(), reward, end))
        if end != End.NONE:
            break
    return found


@pytest.mark.parametrize("environment", [LANDER, SIDEWAYS, POLE, PENDULUM])
def test_a_seed_is_an_episode(environment: dict[str, Any]) -> None:
    """A seed and its actions give the same episode, whatever was played before; others differ.

    The picture changes from step to step.
    """
    task = task_of(**environment, max_steps=60)
    first, second = task.make_environment(), task.make_environment()
    forwards = {seed: play(first, task, seed) for seed in (3, 4, 5)}
    backwards = {seed: play(second, task, seed) for seed in (5, 4, 3)}
    first.close()
    second.close()
    assert forwards == backwards
    assert len({str(episode) for episode in forwards.values()}) == 3
    frames = [frame for frame, _, _ in forwards[3][1:]]
    assert len(set(frames)) > len(frames) // 2


def test_what_is_recorded_is_gymnasiums() -> None:
    """Frames are cropped and reduced pictures; rewards and actions are Gymnasium's own."""
    crop = [100, 400, 50, 550]
    task = task_of(**LANDER, crop=crop)
    ours, reference = task.make_environment(), gymnasium.make(LANDER["id"], render_mode="rgb_array")
    frame = ours.reset(8)
    reference.reset(seed=8)
    for step in range(40):
        picture = np.asarray(reference.render())[100:400, 50:550]
        assert np.array_equal(frame, reduce_frame(picture, 300))
        frame, reward, end = ours.step(np.eye(4, dtype=np.float32)[step % 4])
        _, expected, *_ = reference.step(step % 4)
        assert (reward, end) == (pytest.approx(expected), End.NONE)
    assert frame.shape == (64, 64, 3) and frame.dtype == np.uint8
    ours.close()
    reference.close()


def test_ends() -> None:
    """A fall terminates; the shorter of our time limit and the environment's own truncates."""
    task = task_of(**POLE, max_steps=10_000)
    assert task.max_steps == 500  # the environment's own
    pole = task.make_environment()
    pole.reset(1)
    steps = 0
    end = End.NONE
    while end == End.NONE:
        _, reward, end = pole.step(np.array([1, 0], dtype=np.float32))
        steps += 1
    assert end == End.TERMINATED and reward == 1 and steps < 20
    assert task.ends(end, reward) == "terminated"
    assert task.ends(End.TRUNCATED, reward) == "time limit"
    pole.close()
    for limit, expected in ((150, 150), (1000, 200)):
        task = task_of(**PENDULUM, max_steps=limit)
        pendulum = task.make_environment()
        pendulum.reset(1)
        ends = [pendulum.step(np.zeros(1, dtype=np.float32))[2] for _ in range(expected)]
        assert task.max_steps == expected
        assert ends == [End.NONE] * (expected - 1) + [End.TRUNCATED]
        pendulum.close()


def test_discrete_actions() -> None:
    """The largest output is the action, fed to M as one-hot; numbering may not start at 0."""
    actions = actions_of(spaces.Discrete(3, start=5), "mine.environment.id")
    raw = torch.tensor([[[0.1, -3.0, 0.2], [7.0, 7.0, 1.0]], [[0, 0, 0], [-3, -2, -9]]])
    chosen = actions.squash(raw)
    assert chosen.tolist() == [[[0, 0, 1], [1, 0, 0]], [[1, 0, 0], [0, 1, 0]]]
    assert [actions.to_space(each) for each in np.eye(3, dtype=np.float32)] == [5, 6, 7]
    assert list(actions.open_loop) == ["action_5", "action_6", "action_7"]
    assert actions.open_loop["action_6"](99) == (0, 1, 0)
    assert actions.examples["action 7"] == (0, 0, 1)
    assert len(actions_of(spaces.Discrete(500), "").open_loop) == 18


def test_continuous_actions() -> None:
    """-1 and 1 map exactly to each number's bounds; values between are proportional."""
    low, high = np.array([[-2, 0], [10, -1e3]]), np.array([[2, 1], [30, 1e3]])
    space = spaces.Box(low.astype(np.float32), high.astype(np.float32))
    actions = actions_of(space, "mine.environment.id")
    assert actions.size == 4
    assert np.array_equal(actions.to_space(np.full(4, -1, dtype=np.float32)), space.low)
    assert np.array_equal(actions.to_space(np.full(4, 1, dtype=np.float32)), space.high)
    half = actions.to_space(np.full(4, 0.5, dtype=np.float32))
    assert half.tolist() == [[1, 0.75], [25, 500]] and space.contains(half)
    squashed = actions.squash(torch.tensor([[-1e9, 0, 1, 1e9]]))
    assert squashed.tolist()[0] == pytest.approx([-1, 0, np.tanh(1), 1])
    assert actions.open_loop["high_3"](0) == (0, 0, 0, 1)
    assert list(actions.open_loop)[:3] == ["middle", "low_0", "high_0"]


@pytest.mark.parametrize("environment", [LANDER, SIDEWAYS, PENDULUM])
def test_tasks_agree_with_themselves(environment: dict[str, Any]) -> None:
    """All actions that a task defines have its size, and its environment accepts them."""
    task = task_of(**environment)
    assert set(task.open_loop) == set(task.open_loop_labels)
    fixed = [*(policy(0) for policy in task.open_loop.values()), *task.example_actions.values()]
    game = task.make_environment()
    game.reset(1)
    for action in fixed:
        assert len(action) == task.action_size
        _, _, end = game.step(np.array(action, dtype=np.float32))
        assert end == End.NONE
    game.close()
    raw = torch.randn(5, task.action_size)
    assert task.squash(raw).shape == raw.shape
    assert task.random_behaviour in task.behaviours


def test_training_plays_side_by_side() -> None:
    """Slots do not affect one another: each plays as a single environment does."""
    task = task_of(**POLE)
    single, several = task.make_environment(), task.make_training(3)
    several.start([0, 1, 2], [5, 6, 7])
    left = np.tile(np.array([1, 0], dtype=np.float32), (3, 1))
    several.step([0, 2], left)
    several.step([2], left)
    for slot, steps in enumerate((1, 0, 2)):
        frame = single.reset(5 + slot)
        for _ in range(steps):
            frame, _, _ = single.step(left[0])
        assert np.array_equal(frame, several.observations[slot])
    single.close()
    several.close()


def test_own_environments() -> None:
    """Observations can be frames, even grey ones; actions are in the environment's space."""
    for id, actions in (("A-v0", spaces.Discrete(2, start=3)), ("B-v0", spaces.Box(-3, 9, (2, 1)))):
        task = task_of(**register(id, actions), title="Mine", score="apples")
        assert (task.title, task.score, task.steps_per_second) == ("Mine", "apples", 7)
        game = task.make_environment()
        assert game.reset(1).shape == (64, 64, 3)
        act = task.behaviour("uniform", np.random.default_rng(0))
        ends = [game.step(act())[2] for _ in range(5)]  # `Stage` checks the actions
        assert ends == [End.NONE] * 4 + [End.TRUNCATED]
        game.close()


def test_module_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part before the colon is imported, and is not in the title."""
    text = "import gymnasium\ngymnasium.register('Imported-v3', 'tests_own_game:make')\n"
    text += "from gymnasium.envs.classic_control import CartPoleEnv as make\n"
    (tmp_path / "tests_own_game.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    task = task_of(id="tests_own_game:Imported-v3", max_steps=70)
    assert (task.title, task.max_steps, task.action_size) == ("Imported-v3", 70, 2)


def test_pictures() -> None:
    """Grey and RGBA pictures become RGB; other frames and too large a crop are refused."""
    coloured = np.random.default_rng(0).integers(0, 256, (8, 9, 4), dtype=np.uint8)
    kept = as_picture(coloured[::-1], [2, 5, 1, 9], "k")
    assert np.array_equal(kept, coloured[::-1][2:5, 1:9, :3]) and kept.flags.c_contiguous
    grey = as_picture(coloured[:, :, 0], None, "k")
    assert np.array_equal(grey, as_picture(coloured[:, :, :1], None, "k"))
    assert (grey == coloured[:, :, :1]).all() and grey.shape == (8, 9, 3)
    for wrong in (None, [grey], grey.astype(np.float32), grey[0, 0], coloured[:, :, :2]):
        with pytest.raises(WorldModelsError, match=r"^k\.frame: the environment shows "):
            as_picture(wrong, None, "k")
    with pytest.raises(WorldModelsError, match=r"^k\.crop: \[0, 9, 0, 9\] reaches beyond"):
        as_picture(coloured, [0, 9, 0, 9], "k")


def test_settings_are_checked_without_making_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolving settings, as each `snakemake -n` does, looks an id up but makes no environment."""

    def never(*arguments: Any, **keywords: Any) -> None:
        raise AssertionError("made")

    monkeypatch.setattr(gymnasium, "make", never)
    section = {"environment": {"kind": "gymnasium", **LANDER, "options": {"wind_power": 3.25}}}
    settings = experiment("mine", section)
    assert settings.rollouts.behaviour == "held" and settings.memory.predicts_death
    with pytest.raises(WorldModelsError, match="no policy brownian in this task; it has held"):
        experiment("mine", {**section, "rollouts": {"behaviour": "brownian"}})
    with pytest.raises(WorldModelsError, match=r"mine\.environment\.id: Nothing-v0"):
        experiment("mine", {"environment": {"kind": "gymnasium", "id": "Nothing-v0"}})


def test_what_results_depend_on() -> None:
    """Results depend on the kind's own files and Gymnasium's pins, not on what tables show."""
    files = closure("world_models.tasks.gymnasium")
    own = {path.name for path in files if path.parent == SOURCE / "world_models/tasks/gymnasium"}
    assert own == {"__init__.py", "actions.py", "environment.py", "registry.py", "settings.py"}
    assert not any("car_racing" in str(path) for path in files)
    pins = {pin.partition("==")[0].lower() for pin in pins_of(files, SOURCE.parent)}
    assert {"gymnasium", "box2d", "numpy", "torch"} <= pins or "box2d-py" in pins
    plain, shown, other = (
        task_of(**LANDER, **more).environment.counted()
        for more in (
            {},
            {"title": "Moon", "score": "points", "steps_per_second": 9},
            {"crop": [0, 9, 0, 9]},
        )
    )
    assert plain == shown != other
