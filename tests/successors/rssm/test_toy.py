"""Each preset learns the echo, whose next frame shows the last action."""

import numpy as np
import pytest
import torch

from tests.successors.toys import ECHO, REWARDS, SPACE, settings_of, show
from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.successors.driver import play_round
from world_models.successors.replay import Replay
from world_models.successors.rssm.agent import Agent, RssmActor
from world_models.successors.rssm.futures import imagine
from world_models.successors.rssm.learner import RssmLearner
from world_models.successors.rssm.presets import PRESETS
from world_models.successors.rssm.world_model import RssmState, RssmWorldModel

# For each preset, the batches, step size and updates with which it learns the echo. Small batches
# and large steps take least time, since most goes into the images. Taught so, dreamer_2 hardly
# uses z, and `test_a_reset_forgets` would have nothing to compare.
LESSONS = {
    "planet": (4, 8e-3, 150), "dreamer_1": (6, 6e-3, 150), "dreamer_2": (8, 3e-3, 250),
    "dreamer_3": (4, 4e-3, 100),
}  # fmt: skip


def random_episodes(count: int) -> list[dict[str, np.ndarray]]:
    """Return the rows of `count` episodes of random play in the echo."""
    actor = BehaviourActor(ECHO.behaviours["uniform"], 1, 3)
    assignments = [Assignment(0, seed) for seed in range(count)]
    return play_round(actor, ECHO.make_training(1), assignments, 3, 1)[1]


# Each preset is trained by one pytest worker.
GROUPED = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in PRESETS]


@pytest.fixture(scope="module", params=GROUPED)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Agent:
    """Train a preset's agent on random episodes for some seconds."""
    torch.set_num_threads(1)
    size, rate, updates = LESSONS[request.param]
    settings = settings_of(request.param, batch_size=size, model_learning_rate=rate)
    agent = Agent(settings, SPACE)
    agent.initialise(torch.Generator().manual_seed(1))
    learner = RssmLearner(agent)
    replay = Replay(tmp_path_factory.mktemp("replay"), learner.columns, 4096)
    for rows in random_episodes(150):
        replay.add(rows)
    for number in range(updates):
        learner.update(replay, number)
    return agent.eval()


def dream(agent: Agent, choices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Imagine sequences of choices, (n, steps), from an episode's first frame.

    Returns:
        frames, (n, steps, 64, 64, 3); rewards and death logits, (n, steps).
    """
    count, steps = choices.shape
    model = RssmWorldModel(agent.model, count, show(-1)[None])
    generator = torch.Generator().manual_seed(0)
    state, found = model.begin(range(count)), []
    for step in range(steps):
        actions = SPACE.to_task(torch.eye(3)[choices[:, step]])
        noise = torch.randn(count, model.imagine_noise, generator=generator)
        imagined = model.imagine(state, actions, 1.0, noise)
        state = imagined.state
        assert imagined.reward is not None and imagined.death_logit is not None
        seen = model.decode(model.features(state, ["z", "h"]))
        found.append((seen, imagined.reward.numpy(), imagined.death_logit.numpy()))
    frames, rewards, deaths = zip(*found, strict=True)
    return np.stack(frames, 1), np.stack(rewards, 1), np.stack(deaths, 1)


def test_imagination_is_in_step(trained: Agent) -> None:
    """Frame and reward after a step are those of its own action, not of the previous one.

    Shifted by one step in either direction, the same comparison fails by far.
    """
    rng = np.random.default_rng(3)
    choices = rng.integers(0, 3, size=(32, 5))
    choices[:, 1:][(choices[:, 1:] == 2) & (choices[:, :-1] == 2)] = 0  # no deaths
    frames, rewards, _ = dream(trained, choices)
    expected = np.stack([[show(choice) for choice in row] for row in choices])
    paid = np.array(REWARDS)[choices]

    def error(of: np.ndarray, at: np.ndarray) -> float:
        return float(np.abs(of.astype(float) - at.astype(float)).mean())

    differ = choices[:, 1:] != choices[:, :-1]
    assert error(frames, expected) < 40  # of 255
    assert error(rewards, paid) < 0.4
    assert error(frames[:, 1:][differ], expected[:, :-1][differ]) > 100
    assert error(frames[:, :-1][differ], expected[:, 1:][differ]) > 100
    assert error(rewards[:, 1:][differ], paid[:, :-1][differ]) > 1


def test_futures_are_in_step(trained: Agent) -> None:
    """The future imagined from a moment of an episode matches what followed, frame by frame."""
    rows = max(random_episodes(6), key=lambda each: len(each["frames"]))
    moment, last = 3, len(rows["frames"]) - 1  # the last may be a black frame
    came, imagined = imagine(trained, rows, moment, 0)
    np.testing.assert_array_equal(came, rows["rewards"][moment + 1 :])
    frames = rows["frames"][moment + 1 : last].astype(float)
    assert np.abs(imagined.frames[:, : len(frames)] - frames).mean() < 40  # of 255
    assert np.abs(imagined.rewards[:, : len(frames)] - came[: len(frames)]).mean() < 0.4


def test_ends_are_foretold(trained: Agent) -> None:
    """The third action twice in a row is predicted as death; once, or interrupted, it isn't."""
    choices = np.array([[0, 2, 2], [2, 0, 2], [1, 1, 1], [2, 1, 2]] * 8)
    _, _, deaths = dream(trained, choices)
    dead = deaths[:, 2].reshape(8, 4).mean(0)
    assert dead[0] > dead[1:].max() + 1
    assert (deaths[:, :2] < 0).mean() > 0.9


def test_a_reset_forgets(trained: Agent) -> None:
    """From an episode's first row on, states don't depend on what came before, to the bit."""
    dynamics, encoder = trained.model.dynamics, trained.model.encoder
    rows = random_episodes(3)
    frames = torch.from_numpy(np.stack([each["frames"][:4] for each in rows], 1))
    embedded = encoder(trained.model.images(frames.flatten(0, 1))).unflatten(0, (4, 3))
    actions = torch.randn(4, 3, 3)  # also at the first row, where they must be ignored
    first = torch.zeros(4, 3, dtype=torch.bool)
    first[0] = first[2] = True
    noise = torch.randn(4, 3, dynamics.latent.noise)
    before = dynamics.observe(embedded, actions, first, noise)
    other = dynamics.observe(
        torch.cat([embedded[:2].flip(1) + 1, embedded[2:]]),
        torch.cat([actions[:3] * 7 - 1, actions[3:]]), first,
        torch.cat([-noise[:2], noise[2:]]),
    )  # fmt: skip
    assert not torch.equal(before.z[1], other.z[1])
    for ours, theirs in zip(before, other, strict=True):
        assert torch.equal(ours[2:], theirs[2:])


def test_steps_are_those_of_the_sequence(trained: Agent) -> None:
    """Playing step by step gives the same states as training on the whole sequence."""
    (rows, *_) = random_episodes(1)
    model, count = RssmWorldModel(trained.model, 1), len(rows["flags"])
    frames = torch.from_numpy(rows["frames"])
    noise = torch.randn(count, 1, model.observe_noise, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        embedded = trained.model.encoder(trained.model.images(frames))[:, None]
        actions = torch.from_numpy(rows["actions"])[:, None]
        first = torch.arange(count)[:, None] == 0
        whole = trained.model.dynamics.observe(embedded, actions, first, noise)
    state = model.initial(1)
    for step in range(count):
        if step:
            state = model.advance(state, actions[step])
        state = model.observe(state, rows["frames"][step][None], noise[step])
        torch.testing.assert_close(state.h, whole.h[step], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(state.z, whole.z[step], atol=1e-4, rtol=1e-4)


def test_actors_depend_on_their_own_episode(trained: Agent) -> None:
    """An episode's actions don't depend on its slot or on the episodes beside it."""
    frames = np.random.default_rng(0).integers(0, 255, (4, 64, 64, 3), dtype=np.uint8)
    alone, among = RssmActor(trained, 4, True), RssmActor(trained, 4, True)
    alone.start([1], [Assignment(0, 7)])
    among.start([0, 2, 3], [Assignment(0, seed) for seed in (5, 7, 6)])
    for step in range(3):
        shown = np.roll(frames, step, axis=0)
        at_two = shown.copy()
        at_two[2] = shown[1]
        ours, theirs = alone.act(shown, [1])[1], among.act(at_two, [0, 2, 3])[2]
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_features_and_parts(trained: Agent) -> None:
    """A controller may see z, h or both."""
    model = RssmWorldModel(trained.model, 2)
    state = model.initial(2)
    assert isinstance(state, RssmState)
    both = model.features(state, ["z", "h"])
    torch.testing.assert_close(both, torch.cat([state.z, state.h], 1))
    with pytest.raises(Exception, match="sees c: unknown; an RSSM has z, h"):
        model.features(state, ["c"])
