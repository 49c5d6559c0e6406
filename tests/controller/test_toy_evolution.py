"""C evolved in the toy's dream does as well in the toy itself: nothing is shifted on the way."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.toy_world import MAX_STEPS, TOY, ToyVision, ToyWorld
from world_models.controller.agent import Agent, DreamAgent
from world_models.controller.evolution import Evolution, evolve
from world_models.controller.policies import get_policy
from world_models.controller.settings import EvolutionSettings
from world_models.dream.engine import Dream
from world_models.memory.model import load
from world_models.play.episodes import Assignment, Episode
from world_models.play.loop import play
from world_models.tasks.contract import End, SyncVectorEnvironment
from world_models.world_model.vision_memory import VisionMemory

SETTINGS = EvolutionSettings(
    population=12, episodes=4, generations=25, validation_every=5, validation_episodes=16
)
SLOTS = 48
REWARD_ERROR = 0.1  # a step; what the toy's M may be off by anyway (tests/test_toy_world.py)


def test_evolved_in_the_dream(model: Path) -> None:
    """The dream's score is the world's, and far above that of doing nothing.

    The reward is 1 + (x - a) / 2 and x follows 2a, so a steady push pays, up to where x dies.
    """
    memory, initial, _ = load(model, "toy")
    policy = get_policy("z_h", 1, memory.latent_size, memory.hidden_size, True, False)
    dreaming = VisionMemory(None, memory, initial, SLOTS)
    dreamer, place = DreamAgent(dreaming, policy, TOY.squash), Dream(dreaming, 1.0, MAX_STEPS)

    def dream(candidates: NDArray[np.float32], seeds: range) -> list[Episode]:
        todo = [Assignment(c, seed) for c in range(len(candidates)) for seed in seeds]
        dreamer.candidates = candidates
        return play(dreamer, place, todo)

    def fitness(generation: int, candidates: NDArray[np.float32]) -> list[float]:
        seeds = range(generation * 100, generation * 100 + SETTINGS.episodes)
        scores = np.array([episode.score for episode in dream(candidates, seeds)])
        return [float(mean) for mean in scores.reshape(len(candidates), -1).mean(axis=1)]

    def validation(controller: NDArray[np.float32]) -> float:
        return float(np.mean([e.score for e in dream(controller[None], range(10**6, 10**6 + 16))]))

    evolution = Evolution(policy.parameters, SETTINGS, seed=1)
    evolve(evolution, fitness, validation, log=None)
    assert evolution.best is not None
    both = np.stack([evolution.best, np.zeros_like(evolution.best)])

    seeing = VisionMemory(ToyVision(), memory, None, SLOTS)  # type: ignore[arg-type]
    agent = Agent(seeing, policy, TOY.squash)
    agent.candidates = both
    worlds = SyncVectorEnvironment([ToyWorld() for _ in range(SLOTS)])
    todo = [Assignment(c, 10**7 + seed) for c in range(2) for seed in range(SLOTS)]
    real = play(agent, worlds, todo)
    evolved, idle = (np.array([e.score for e in real if e.candidate == c]) for c in range(2))
    dreamt = np.array([e.score for e in dream(both[:1], range(10**7, 10**7 + SLOTS))])
    alive = np.mean([e.end is End.TRUNCATED for e in real if e.candidate == 0])
    assert alive > 0.9
    assert evolved.mean() > idle.mean() + 3
    assert abs(evolved.mean() - dreamt.mean()) / MAX_STEPS < REWARD_ERROR
