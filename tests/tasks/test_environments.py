"""Recordings match what the environments showed: channels, crop, orientation, ends, seeds."""

from collections.abc import Iterator

import gymnasium
import numpy as np
import pytest
import vizdoom
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play as play_all
from world_models.play.observers import Recorder, Rows
from world_models.seeds import Purpose, derive
from world_models.tasks import get_task
from world_models.tasks.car_racing.reference import ReferenceCarRacing
from world_models.tasks.car_racing.settings import CarRacingEnvironment
from world_models.tasks.contract import (
    Behaviour,
    End,
    Environment,
    SyncVectorEnvironment,
)
from world_models.tasks.frames import reduce_frame
from world_models.tasks.take_cover.settings import TakeCoverEnvironment

CAR, DOOM = get_task("car_racing"), get_task("take_cover")


@pytest.fixture(scope="module")
def doom() -> Iterator[Environment]:
    """Start one engine for the tests that can share it."""
    engine = get_task("take_cover", TakeCoverEnvironment(resolution="160x120")).make_environment()
    yield engine
    engine.close()


def play(environment: Environment, act: Behaviour, seed: int) -> Rows:
    """Record one episode."""
    found: list[Rows] = []
    size = 3 if isinstance(environment, ReferenceCarRacing) else 1
    actor = BehaviourActor(lambda rng: act, 1, size)
    environments = SyncVectorEnvironment([environment])
    play_all(actor, environments, [Assignment(0, seed)], [Recorder(found.append)])
    return found[0]


def bilinear(frame: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Reduce a frame to 64x64 by antialiased bilinear filtering (a triangle filter) in float64."""

    def weights(size: int) -> NDArray[np.float64]:
        scale = size / 64
        centres = (np.arange(64)[:, None] + 0.5) * scale - 0.5
        w = np.maximum(0, 1 - np.abs(np.arange(size)[None] - centres) / scale)
        return np.asarray(w / w.sum(axis=1, keepdims=True))

    rows, columns = weights(frame.shape[0]), weights(frame.shape[1])
    return np.einsum("ri,ijc,sj->rsc", rows, frame, columns, optimize=True)


@pytest.mark.parametrize("shape", [(96, 96), (120, 160), (480, 640)])
def test_reduction(shape: tuple[int, int]) -> None:
    """The reduction is antialiased bilinear, up to the rounding of bytes."""
    frame = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    reduced = reduce_frame(frame, shape[0] * 5 // 6)
    assert reduced.shape == (64, 64, 3)
    assert np.abs(reduced - bilinear(frame[: shape[0] * 5 // 6])).max() < 1.5


def test_car_racing_frames_are_gymnasiums() -> None:
    """Frames are rows 0-83, RGB, top row first; frame t precedes action t, the reward follows."""
    reference = gymnasium.make("CarRacing-v3")
    ours = get_task("car_racing", CarRacingEnvironment(max_steps=40)).make_environment()
    rng, actions = np.random.default_rng(3), []

    def act() -> NDArray[np.float32]:
        actions.append(np.array([rng.uniform(-1, 1), 0.6, 0], dtype=np.float32))
        return actions[-1]

    episode = play(ours, act, seed=11)
    frame, _ = reference.reset(seed=11)
    for t, action in enumerate(actions):
        assert np.abs(episode["frames"][t] - bilinear(frame[:84])).max() < 1.5
        frame, reward, *_ = reference.step(action.astype(np.float64))
        assert episode["rewards"][t] == pytest.approx(reward, abs=1e-5)
    assert np.array_equal(episode["actions"], np.stack(actions))
    assert episode["lengths"] == [40] and episode["ends"] == [End.TRUNCATED]
    # Grass is green, so a moved green channel would show. Swapped red and blue would not.
    assert episode["frames"][-1].mean(axis=(0, 1)).argmax() == 1
    ours.close()
    reference.close()


def test_take_cover_frames_are_the_engines() -> None:
    """Frames are the top 5/6, RGB (as the engine's planar buffer); frame t precedes action t."""
    environment = get_task(
        "take_cover", TakeCoverEnvironment(resolution="320x240")
    ).make_environment()
    game = vizdoom.DoomGame()
    game.load_config(f"{vizdoom.scenarios_path}/take_cover.cfg")
    game.set_doom_skill(4)
    game.set_window_visible(False)
    game.set_screen_format(vizdoom.ScreenFormat.CRCGCB)  # planes of red, green and blue
    game.set_seed(5)
    game.init()
    rng = np.random.default_rng(0)
    values = rng.uniform(-1, 1, size=60).astype(np.float32)
    frame = environment.reset(5)
    for value in values:
        red, green, blue = game.get_state().screen_buffer
        screen = np.stack([red, green, blue], axis=-1)
        assert np.abs(frame - bilinear(screen[:200])).max() < 1.5
        game.make_action([value < -1 / 3, value > 1 / 3], 1)
        frame, reward, end = environment.step(np.array([value]))
        assert (reward, end) == (1.0, End.NONE)
    walls = frame.mean(axis=(0, 1))
    assert walls[0] > walls[2]  # the walls are brown: more red than blue
    game.close()
    environment.close()


def test_take_cover_moves_as_told(doom: Environment) -> None:
    """Actions below -1/3 move left, above 1/3 right, and between them nowhere."""
    ends = {}
    for value in (-1.0, -0.2, 0.2, 1.0):
        doom.reset(9)
        for _ in range(25):
            frame, _, _ = doom.step(np.array([value], dtype=np.float32))
        ends[value] = doom.game.get_game_variable(vizdoom.GameVariable.POSITION_Y)  # type: ignore[attr-defined]
    assert ends[-0.2] == ends[0.2]
    assert (ends[-1.0] - ends[0.2]) * (ends[1.0] - ends[0.2]) < 0
    assert frame.dtype == np.uint8


def test_take_cover_tells_death_from_time_limit(doom: Environment) -> None:
    """Standing still ends in death; a step limit before that is a truncation."""

    def stand() -> NDArray[np.float32]:
        return np.zeros(1, dtype=np.float32)

    dead = play(doom, stand, seed=1)
    assert dead["ends"] == [End.TERMINATED]
    length = int(dead["lengths"][0])
    assert dead["rewards"].sum() == pytest.approx(length, abs=1)
    capped = get_task(
        "take_cover", TakeCoverEnvironment(resolution="160x120", max_steps=length - 1)
    ).make_environment()
    episode = play(capped, stand, seed=1)
    capped.close()
    assert episode["ends"] == [End.TRUNCATED] and episode["lengths"] == [length - 1]
    assert np.array_equal(episode["frames"], dead["frames"][: length - 1])


@pytest.mark.parametrize(("task", "seeds"), [(CAR, (4, 5)), (DOOM, (4, 5, 6))])
def test_a_seed_is_an_episode(task: object, seeds: tuple[int, ...]) -> None:
    """A seed gives the same episode, whatever was played before; other seeds differ."""
    assert task in (CAR, DOOM)
    name = "car_racing" if task is CAR else "take_cover"
    this = get_task(name, {"max_steps": 60})

    def frames(environment: Environment, seed: int) -> bytes:
        act = this.behaviour(this.random_behaviour, np.random.default_rng(seed))
        return play(environment, act, seed)["frames"].tobytes()

    first, second = this.make_environment(), this.make_environment()
    forwards = {seed: frames(first, seed) for seed in seeds}
    backwards = {seed: frames(second, seed) for seed in reversed(seeds)}
    first.close()
    second.close()
    assert forwards == backwards
    assert len(set(forwards.values())) == len(seeds)


def test_take_cover_side_by_side(doom: Environment) -> None:
    """A game in a slot is the same to the bit as a game alone, whatever runs beside it."""
    settings = TakeCoverEnvironment(resolution="160x120")
    vector = get_task("take_cover", settings).make_training(2)
    rng = np.random.default_rng(0)
    moves = rng.uniform(-1, 1, (120, 2, 1)).astype(np.float32).repeat(6, axis=0)
    seen: list[list[bytes]] = [[], []]
    outcomes: list[list[tuple[float, int]]] = [[], []]
    try:
        vector.start([1], [11])
        vector.start([0], [12])
        going = [0, 1]
        for actions in moves:
            for slot in going:
                seen[slot].append(vector.observations[slot].tobytes())
            rewards, ends = vector.step(going, actions)
            for slot in going:
                outcomes[slot].append((rewards[slot], ends[slot]))
            going = [slot for slot in going if not ends[slot]]
    finally:
        vector.close()
    assert not going  # both were killed, one before the other
    for slot, seed in ((0, 12), (1, 11)):
        frame = doom.reset(seed)
        for number, (before, after) in enumerate(zip(seen[slot], outcomes[slot], strict=True)):
            assert frame.tobytes() == before
            frame, reward, end = doom.step(moves[number, slot])
            assert (reward, end) == after


def test_random_policy_of_take_cover(doom: Environment) -> None:
    """Uniform random actions survive 210 ± 25 steps on average, as in the paper (210)."""
    seeds = [derive(1, Purpose.EVALUATION, "take_cover", "real", number) for number in range(200)]
    actor = BehaviourActor(DOOM.behaviours["uniform"], 1, 1)
    assignments = [Assignment(0, seed) for seed in seeds]
    episodes = play_all(actor, SyncVectorEnvironment([doom]), assignments)
    assert 185 <= np.mean([each.score for each in episodes]) <= 235


def test_behaviours() -> None:
    """Actions stay in range; `held` holds for 1 to 10 tics; `brownian` moves slowly."""
    for task in (CAR, DOOM):
        for name in task.behaviours:
            act = task.behaviour(name, np.random.default_rng(0))
            actions = np.stack([act() for _ in range(2000)])
            assert actions.shape == (2000, task.action_size) and actions.dtype == np.float32
            assert (np.abs(actions) <= 1).all()
            if task is CAR:
                assert (actions[:, 1:] >= 0).all()
            if name == "brownian":
                assert np.abs(np.diff(actions[:, 0])).mean() < 0.2
            if name == "held":
                changes = np.flatnonzero(np.diff(actions[:, 0])) + 1
                runs = np.diff(changes)
                assert set(runs) == set(range(1, 11)) and 5 < runs.mean() < 6


def test_roaming_holds_long() -> None:
    """Each episode has its own longest hold, of 10 to 100 tics."""
    longest = []
    for seed in range(20):
        act = DOOM.behaviour("roaming", np.random.default_rng(seed))
        actions = np.stack([act() for _ in range(5000)])
        longest.append(np.diff(np.flatnonzero(np.diff(actions[:, 0]))).max())
    assert 10 <= min(longest) < 15 and 80 < max(longest) <= 100


def test_unknown_names() -> None:
    """The error names an unknown task or policy."""
    with pytest.raises(WorldModelsError, match=r"pong.environment.kind: missing"):
        get_task("pong")
    with pytest.raises(
        WorldModelsError, match=r"take_cover.rollouts.behaviour: no policy brownian"
    ):
        DOOM.behaviour("brownian", np.random.default_rng(0))


def test_missing_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    """If ViZDoom lacks the scenario's file, the error names the file."""
    monkeypatch.setattr(vizdoom, "scenarios_path", "/nowhere")
    with pytest.raises(WorldModelsError, match=r"/nowhere/take_cover.wad: missing"):
        get_task("take_cover", TakeCoverEnvironment()).make_environment()
