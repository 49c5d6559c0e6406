"""Our CarRacing equals Gymnasium's to the bit: tracks, movement, rewards and ends."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.box2d import car_racing
from gymnasium.utils.env_checker import check_env
from numpy.typing import NDArray

from tests.tasks import drivers
from world_models.environments import CAR_RACING as NAME
from world_models.tasks.car_racing import end_in_words
from world_models.tasks.car_racing.physics import Physics
from world_models.tasks.car_racing.vector import VectorCarRacing
from world_models.tasks.contract import End
from world_models.tasks.frames import reduce_frame


class Undrawn(car_racing.CarRacing):  # type: ignore[misc]
    """Gymnasium's game without drawing, which is much faster."""

    def _render(self, mode: str) -> None:
        return None


def state(game: car_racing.CarRacing) -> list[float]:
    """Return everything that Box2D and the game know about the car."""
    bodies = (game.car.hull, *game.car.wheels)
    numbers: list[float] = [game.reward, game.t, game.tile_visited_count]
    for body in bodies:
        numbers += [*body.position, body.angle, *body.linearVelocity, body.angularVelocity]
    for wheel in game.car.wheels:
        numbers += [wheel.omega, wheel.phase, wheel.gas, wheel.brake, wheel.steer]
        numbers += [len(wheel.tiles), wheel.joint.angle]
    return numbers


def test_tracks() -> None:
    """Tracks match for many seeds, some of which need retries, with and without random colours."""
    for randomize in (False, True):
        theirs, ours = Undrawn(domain_randomize=randomize), Physics(domain_randomize=randomize)
        for seed in range(25):
            theirs.reset(seed=seed)
            ours.begin(seed)
            assert ours.track == theirs.track
            tiles = [tile.fixtures[0].shape.vertices for tile in theirs.road]
            assert [tile.fixtures[0].shape.vertices for tile in ours.road] == tiles
            assert ours.np_random.random() == theirs.np_random.random()
            assert np.array_equal(ours.road_color, theirs.road_color)
            assert np.array_equal(ours.grass_color, theirs.grass_color)


@pytest.mark.parametrize(
    ("driver", "steps"),
    [
        (drivers.walking, 1000),
        (drivers.uniform, 1000),
        (drivers.swerving, 1000),
        (drivers.leaving, 260),
        (drivers.following, 1000),
    ],
)
def test_episodes(driver: Callable[[int], drivers.Driver], steps: int) -> None:
    """Episodes played in turn in the same game match at every step."""
    theirs, ours = Undrawn(), Physics()
    ends = []
    for seed in (1, 3, 12):
        theirs.reset(seed=seed)
        ours.begin(seed)
        assert state(ours) == state(theirs)
        drive = driver(seed)
        for _ in range(steps):
            action = drive(theirs)
            _, reward, terminated, _, info = theirs.step(action)
            found = ours.drive(*action.astype(float).tolist())
            assert found == (reward, terminated, info.get("lap_finished", False))
            assert state(ours) == state(theirs)
            if terminated:
                break
        ends.append(info.get("lap_finished"))
    if driver is drivers.leaving:
        assert ends == [False] * 3
    if driver is drivers.following:
        assert True in ends


def play(vector: VectorCarRacing, slot: int, seed: int, actions: NDArray[np.float32]) -> list[Any]:
    """Play an episode in a slot while others rest; return frames, rewards and ends."""
    vector.start([slot], [seed])
    seen: list[Any] = [vector.observations[slot].copy()]
    for action in actions:
        rewards, ends = vector.step([slot], np.tile(action, (vector.slots, 1)))
        seen += [vector.observations[slot].copy(), rewards[slot], ends[slot]]
    return seen


def test_vector_is_the_single_environment() -> None:
    """An episode has the same bytes in any slot, beside others and after other episodes."""
    rng = np.random.default_rng(0)
    actions = rng.uniform((-1, 0, 0), (1, 1, 0.3), size=(120, 3, 3)).astype(np.float32)
    environment = gymnasium.make(NAME)
    alone = []
    for seed in range(3):
        observation, _ = environment.reset(seed=seed)
        seen: list[Any] = [reduce_frame(observation, 84)]
        for action in actions[:, seed]:
            observation, reward, terminated, *_ = environment.step(action)
            seen += [
                reduce_frame(observation, 84),
                reward,
                End.TERMINATED if terminated else End.NONE,
            ]
        alone.append(seen)
    vector = VectorCarRacing(4)
    vector.start([3], [77])
    together: list[list[Any]] = [[], [], []]
    for step in range(120 + 2 * 7):  # each episode begins 7 steps after the one before
        begun = [seed for seed in range(3) if step == 7 * seed]
        vector.start(begun, begun)
        for seed in begun:
            together[seed] += [vector.observations[seed].copy()]
        going = [seed for seed in range(3) if 7 * seed <= step < 7 * seed + 120]
        chosen = np.zeros((4, 3), dtype=np.float32)
        for seed in going:
            chosen[seed] = actions[step - 7 * seed, seed]
        rewards, ends = vector.step([*going, 3], chosen)
        for seed in going:
            together[seed] += [vector.observations[seed].copy(), rewards[seed], ends[seed]]
    again = play(vector, 3, 1, actions[:, 1])
    for one, other in [*zip(alone, together, strict=True), (alone[1], again)]:
        assert len(one) == len(other)
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert not rewards[:2].any()  # these two had ended before the last step
    vector.close()


def test_ends_of_the_vector() -> None:
    """Time limit, leaving the field and a finished lap end an episode; a new start counts anew."""
    vector = VectorCarRacing(2, max_steps=300)
    for _ in range(2):
        vector.start([0, 1], [1, 5])
        drive = drivers.leaving(1)
        found = np.zeros(2)
        for step in range(300):
            going = [0, 1] if not found[0] else [1]
            action = drive(vector.games[0])
            rewards, ends = vector.step(going, np.stack([action, np.zeros(3, np.float32)]))
            if ends[0]:
                found[0] = step
                assert ends[0] == End.TERMINATED and rewards[0] == -100
                assert end_in_words(End.TERMINATED, rewards[0]) == "off the field"
            assert ends[1] == (End.TRUNCATED if step == 299 else End.NONE)
        assert 0 < found[0] < 299
    short = VectorCarRacing(1, lap_complete_percent=-1)
    short.start([0], [1])
    for tile in short.games[0].road[2:]:
        tile.road_visited = True
    short.games[0].tile_visited_count = len(short.games[0].track)
    rewards, ends = short.step([0], np.zeros((1, 3), dtype=np.float32))
    assert ends[0] == End.TERMINATED
    assert end_in_words(End.TERMINATED, rewards[0]) == "lap"
    assert end_in_words(End.TRUNCATED, rewards[0]) == "time limit"


def test_gymnasium_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gymnasium's own checks pass with both kinds of actions, and its vectors work."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    for continuous in (True, False):
        environment = gymnasium.make(NAME, continuous=continuous)
        check_env(environment.unwrapped)
        assert environment.spec is not None and environment.spec.max_episode_steps == 1000
    vector = gymnasium.make_vec(NAME, num_envs=2, vectorization_mode="sync")
    frames, _ = vector.reset(seed=1)
    assert frames.shape == (2, 96, 96, 3) and frames.dtype == np.uint8
    vector.close()


def test_discrete_actions() -> None:
    """The five discrete actions act as in Gymnasium; others are refused."""
    theirs, ours = Undrawn(continuous=False), gymnasium.make(NAME, continuous=False).unwrapped
    theirs.reset(seed=4)
    ours.reset(seed=4)
    for step in range(200):
        action = 3 if step < 60 else step % 5
        expected = theirs.step(action)
        found = ours.step(action)
        assert found[1:] == expected[1:]
        assert state(ours) == state(theirs)
    with pytest.raises(gymnasium.error.InvalidAction):
        ours.step(5)
