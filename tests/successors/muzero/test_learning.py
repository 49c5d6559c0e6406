"""MuZero learns a toy whose best play, rewards and ends are known."""

import numpy as np
import pytest
import torch

from tests.successors.muzero.settings import small
from tests.successors.toys import ECHO, REWARDS, SPACE, show
from world_models.play.episodes import Assignment
from world_models.successors.driver import play_round
from world_models.successors.muzero.agent import Agent, MuzeroActor
from world_models.successors.muzero.futures import imagine
from world_models.successors.muzero.learner import MuzeroLearner
from world_models.successors.replay import Replay


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    """Train an agent on the echo for some rounds of play and learning."""
    torch.set_num_threads(1)
    agent = Agent(small(), SPACE)
    agent.initialise(torch.Generator().manual_seed(1))
    learner = MuzeroLearner(agent)
    replay = Replay(tmp_path_factory.mktemp("replay"), learner.columns, 2048)
    for number in range(18):
        assignments = [Assignment(0, 8 * number + slot) for slot in range(8)]
        for rows in play_round(learner.actor(8), ECHO.make_training(8), assignments, 3, 1)[1]:
            replay.add(rows)
        for update in range(15):
            learner.update(replay, 100 * number + update)
    return agent.eval()


def test_the_optimum_is_learnt(learnt: Agent) -> None:
    """The agent nearly reaches the best score.

    Playing 2, 1, 2, 1, ... pays 1.25 a step; the third action twice in a row ends the game. Twelve
    steps pay 15, or 16.5 if the last two take the third action. Random play scores about 4.
    """
    actor = MuzeroActor(learnt, 4, explores=False)
    episodes, _ = play_round(
        actor, ECHO.make_training(4), [Assignment(0, n) for n in range(4)], 3, 1
    )
    assert np.mean([episode.score for episode in episodes]) >= 14.5


def test_the_model_is_in_step(learnt: Agent) -> None:
    """An imagined reward is that of its own action, up to five steps ahead."""
    network = learnt.network
    frames = np.zeros((1, learnt.settings.history, 64, 64, 3), dtype=np.uint8)
    nothing = torch.zeros(1, learnt.settings.history - 1, 3)
    frames[:, -1] = show(-1)
    with torch.no_grad():
        latent = network.represent(torch.from_numpy(frames), nothing)
        for choice in (0, 2, 1, 0, 2):
            found = network.dynamics(latent, torch.tensor([choice]))
            latent = found.latent
            assert found.reward.item() == pytest.approx(REWARDS[choice], abs=0.5)


def test_futures_are_in_step(learnt: Agent) -> None:
    """Rewards imagined from a moment of an episode match those that followed."""
    actor = MuzeroActor(learnt, 1, explores=True)
    _, (rows,) = play_round(actor, ECHO.make_training(1), [Assignment(0, 5)], 3, 1)
    came, imagined = imagine(learnt, rows, 2, 0)
    np.testing.assert_array_equal(came, rows["rewards"][3:])
    np.testing.assert_allclose(imagined.rewards[0, :5], came[:5], atol=0.5)


def test_what_the_game_ends_with_is_known(learnt: Agent) -> None:
    """The third action twice in a row leads to a state of value 0; once, it doesn't."""
    network, history = learnt.network, learnt.settings.history
    frames = np.zeros((1, history, 64, 64, 3), dtype=np.uint8)
    frames[:, -1] = show(-1)
    third = torch.tensor([2])
    with torch.no_grad():
        latent = network.represent(torch.from_numpy(frames), torch.zeros(1, history - 1, 3))
        once = network.dynamics(latent, third)
        twice = network.dynamics(once.latent, third)
    assert once.value.item() > 3 and abs(twice.value.item()) < 0.5
