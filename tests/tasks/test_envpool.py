"""EnvPool's CarRacing: the reference's game, whatever slot and company it is played in."""

import numpy as np
import pytest
from numpy.typing import NDArray

from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import Recorder, Rows
from world_models.tasks import get_task
from world_models.tasks.car_racing.settings import CarRacingEnvironment
from world_models.tasks.contract import End, SyncVectorEnvironment

CAR = get_task("car_racing")
SEEDS = [11, 12, 13, 14, 15]


def drive(engine: str, seeds: list[int], slots: int, steps: int = 30) -> dict[int, dict]:
    """Record episodes of the same driver on some seeds' tracks."""

    def driver(rng: np.random.Generator):
        return lambda: np.array([rng.uniform(-0.3, 0.3), 0.5, 0], dtype=np.float32)

    settings = CarRacingEnvironment.model_validate({"max_steps": steps, "engine": engine})
    environments = CAR.make_training(settings, slots)
    found: list[Rows] = []
    assignments = [Assignment(0, seed) for seed in seeds]
    play(BehaviourActor(driver, slots, 3), environments, assignments, [Recorder(found.append)])
    environments.close()
    return {int(each["seeds"][0]): each for each in found}


@pytest.mark.parametrize("engine", ["envpool", "gymnasium"])
def test_an_episode_is_its_seed(engine: str) -> None:
    """One after the other, side by side or refilled: the same frames, rewards and ends."""
    alone = drive(engine, SEEDS, 1)
    for slots, seeds in ((5, SEEDS), (2, SEEDS[::-1]), (3, SEEDS)):
        for seed, episode in drive(engine, seeds, slots).items():
            for name, rows in episode.items():
                assert np.array_equal(rows, alone[seed][name]), (seed, name)
    assert len({alone[seed]["frames"].tobytes() for seed in SEEDS}) == len(SEEDS)
    assert all(alone[seed]["ends"] == [End.TRUNCATED] for seed in SEEDS)


def colours(frames: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean colour of the middle of the frames, after the start's zoom."""
    return frames[-10:, 20:44, 20:44].reshape(-1, 3).mean(axis=0)


def test_same_game() -> None:
    """Colours, rewards and the start are the reference's, though a seed's track is not."""
    pool, reference = drive("envpool", SEEDS, 5, 60), drive("gymnasium", SEEDS, 5, 60)
    a, b = (np.mean([colours(e["frames"]) for e in f.values()], axis=0) for f in (pool, reference))
    assert np.abs(a - b).max() < 25
    first = [f[11]["frames"][0].astype(int) for f in (pool, reference)]
    assert np.abs(first[0][55:, 26:38] - first[1][55:, 26:38]).mean() < 25  # the car, upright
    for found in (pool, reference):
        rewards = np.concatenate([e["rewards"] for e in found.values()])
        tiles = rewards[rewards > 0]
        assert np.isclose(rewards[rewards < 0], -0.1).all()
        assert len(tiles) > 20 and ((tiles > 1.5) & (tiles < 15)).all()  # 1000 / N and multiples


def test_training_engine_is_chosen() -> None:
    """`engine` selects who plays rollouts and fitness episodes."""
    settings = CarRacingEnvironment(engine="gymnasium")
    assert isinstance(CAR.make_training(settings, 1), SyncVectorEnvironment)
    assert not isinstance(CAR.make_training(CarRacingEnvironment(), 1), SyncVectorEnvironment)
