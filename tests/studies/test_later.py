"""Settings added later: they leave published results valid, and do what they say."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from world_models.collection.settings import RolloutSettings
from world_models.controller import scoring
from world_models.controller.generations import repeat_seed
from world_models.controller.policies import get_policy, with_memory
from world_models.controller.settings import Controllers, ControllerSettings
from world_models.controller.surprise import SurpriseMeter, per_step
from world_models.memory.mixture import negative_log_likelihood
from world_models.memory.model import Memory
from world_models.memory.settings import MemorySettings
from world_models.play.episodes import Episode
from world_models.section import Section
from world_models.tasks.contract import End
from world_models.vision.loss import loss_terms
from world_models.vision.model import Vision, sample, without_noise
from world_models.vision.settings import VisionSettings
from world_models.world_model.vision_memory import VisionMemory, VisionMemoryState

LATER = {
    RolloutSettings: {"looks": "both"},
    VisionSettings: {
        "decay_epochs": 1,
        "min_learning_rate": 1e-6,
        "kl_weight": 4.0,
        "reconstruction": "cross_entropy",
        "sampled": False,
    },
    MemorySettings: {"reward_weight": 1.0},
    ControllerSettings: {
        "fitness": "surprise",
        "max_sigma": 0.2,
        "repeat": 1,
        "start": {"controller": "z_h"},
        "episodes_later": {"after": 3, "episodes": 8},
    },
    Controllers: {"sees_in_dream": "z"},
}


@pytest.mark.parametrize("section", LATER)
def test_what_came_later_is_written_only_where_it_counts(section: type[Section]) -> None:
    """Later settings appear in provenance, model.json and log names only if they are changed."""
    assert not set(section().model_dump()) & set(LATER[section])
    for key, value in LATER[section].items():
        settings = section.model_validate({key: value})
        assert key in settings.model_dump() and f'"{key}":' in settings.counted()
        assert len(settings.model_dump()) == len(section().model_dump()) + 1
        assert section.model_validate_json(settings.model_dump_json()) == settings


def images_and_noise() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(3, 3, 64, 64, generator=generator), torch.randn(3, 4, generator=generator)


def test_vs_losses() -> None:
    """Cross-entropy and the weighted KL match their definitions."""
    torch.manual_seed(0)
    model, (images, noise) = Vision(4), images_and_noise()
    plain = loss_terms(model, images, noise, VisionSettings(kl_tolerance=0.0))
    settings = VisionSettings(kl_tolerance=0.0, reconstruction="cross_entropy", kl_weight=4.0)
    error, kl = loss_terms(model, images, noise, settings)
    mu, log_sigma2 = model.encode(images)
    y, x = model.decode(sample(mu, log_sigma2, noise)).double(), images.double()
    expected = -(x * y.log() + (1 - x) * (1 - y).log()).sum() / 3
    assert error.item() == pytest.approx(expected.item(), rel=1e-5)
    assert kl.item() == pytest.approx(4 * plain[1].item())


def test_v_without_noise() -> None:
    """Without noise z is exactly μ, and μ is unchanged."""
    torch.manual_seed(0)
    model, (images, noise) = Vision(4), images_and_noise()
    before, _ = model.encode(images)
    model.load_state_dict(without_noise(model.state_dict()))
    mu, log_sigma2 = model.encode(images)
    assert torch.equal(mu, before) and torch.equal(sample(mu, log_sigma2, noise), mu)


def test_how_much_ms_state_learns_from_rewards() -> None:
    """The reward head's prediction is the same; `reward_weight` scales its gradient into h."""
    torch.manual_seed(0)
    memory = Memory(3, 1, 8, 2, False, True, False)
    plain = Memory(3, 1, 8, 2, False, True, False)
    plain.load_state_dict(memory.state_dict())
    slopes = []
    for weight in (0.0, 0.5, 1.0):
        memory.reward_weight = weight
        h = torch.linspace(-1, 1, 8).requires_grad_()
        reward = memory.heads(h).reward
        assert reward is not None and torch.equal(reward, plain.heads(h).reward)  # type: ignore[arg-type]
        reward.backward()
        slopes.append(torch.zeros_like(h) if h.grad is None else h.grad)
    assert not slopes[0].any() and slopes[2].any()
    assert torch.allclose(slopes[1], slopes[2] / 2)


def test_surprise_is_ms_loss() -> None:
    """Surprise is the NLL of z under M's last prediction; NaN at an episode's first step."""
    torch.manual_seed(0)
    memory = Memory(3, 1, 8, 2, False, False, False)
    model = VisionMemory(None, memory, None, 2)
    agent: Any = SimpleNamespace(slots=2, world_model=model, state=None)
    meter = SurpriseMeter(agent)
    states = [
        VisionMemoryState(torch.randn(2, 3), torch.randn(2, 8), torch.zeros(2, 8), torch.zeros(2))
        for _ in range(3)
    ]
    found = []
    for number, state in enumerate(states):
        agent.state = state
        if number == 2:
            meter.start([1])  # another episode begins in slot 1
        found.append(meter.read([0, 1]))
    assert np.isnan(found[0]).all() and np.isnan(found[2][1])
    for number, slots in ((1, [0, 1]), (2, [0])):
        with torch.no_grad():
            before = memory.heads(states[number - 1].h)
            expected = negative_log_likelihood(before, states[number].z)
        assert found[number][slots] == pytest.approx(expected[slots].numpy(), rel=1e-6)


def test_surprise_is_a_mean_over_the_steps_foretold() -> None:
    (episode,) = per_step([Episode(0, 1, 5, 8.0, End.TRUNCATED)])
    assert episode.score == 2.0


def test_a_search_around_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates and the validated mean are played with the start added."""
    played: list[NDArray[np.float32]] = []

    def play_all(executor: Any, candidates: Any, units: Any) -> list[Episode]:
        played.append(candidates)
        return [Episode(a.candidate, a.seed, 3, 6.0, End.TRUNCATED) for u in units for a in u]

    monkeypatch.setattr(scoring, "play_all", play_all)
    start, executor = np.array([1.0, 2.0], dtype=np.float32), Any
    sizes = {"population": 2, "episodes": 1, "validation_episodes": 2}
    for fitness, score in (("score", 6.0), ("surprise", 3.0)):
        settings = ControllerSettings.model_validate({**sizes, "fitness": fitness})
        scores = scoring.Scoring(executor, settings, 1, "toy", start)  # type: ignore[arg-type]
        assert scores.fitness(1, np.zeros((2, 2), dtype=np.float32)) == [score, score]
        assert scores.validation(np.ones(2, dtype=np.float32)) == score
    assert played[0].tolist() == [[1, 2], [1, 2]] and played[1].tolist() == [[2, 3]]


def test_more_episodes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates play more from the given generation on; units keep their number of episodes."""
    played: list[list[int]] = []

    def play_all(executor: Any, candidates: Any, units: Any) -> list[Episode]:
        played.append([len(unit) for unit in units])
        return [Episode(a.candidate, a.seed, 3, a.seed, End.TRUNCATED) for u in units for a in u]

    monkeypatch.setattr(scoring, "play_all", play_all)
    settings = ControllerSettings.model_validate({
        "population": 8, "episodes": 2, "candidates_per_unit": 4,
        "episodes_later": {"after": 3, "episodes": 8},
    })  # fmt: skip
    always = settings.model_copy(update={"episodes": 8, "episodes_later": None})
    means = {}
    for name, each in (("later", settings), ("always", always)):
        scores = scoring.Scoring(Any, each, 1, "toy")  # type: ignore[arg-type]
        means[name] = [scores.fitness(g, np.zeros((8, 2), np.float32)) for g in (3, 4)]
    assert played[:2] == [[8, 8], [8] * 8]
    assert means["later"][1] == means["always"][1] and means["later"][0] != means["always"][0]


def test_repeats_have_other_seeds() -> None:
    seeds = [repeat_seed(1, repeat) for repeat in range(3)]
    assert seeds[0] == 1 and len(set(seeds)) == 3


def test_a_controller_of_z_acts_the_same_while_m_is_fed() -> None:
    policy = get_policy("z", 1, 3, 8)
    wide, parameters = with_memory(policy), torch.randn(2, policy.parameters)
    assert wide.uses_memory and not policy.uses_memory
    z, h = torch.randn(2, 3), torch.randn(2, 8)
    assert torch.equal(wide.act(parameters, torch.cat([z, h], 1)), policy.act(parameters, z))
