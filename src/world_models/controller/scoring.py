"""Scores for ranking candidates: the mean over episodes that all of them play."""

from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from world_models.controller.fitness_workers import play_all
from world_models.controller.settings import ControllerSettings
from world_models.controller.surprise import per_step
from world_models.play.episodes import Assignment, Episode, units_of
from world_models.seeds import Purpose, derive


class Scoring:
    """Scores candidates on episodes whose seeds derive from the run's seed.

    All candidates of a generation play the same episodes, so luck does not affect the
    ranking; each generation plays new ones. Validation episodes are the same in every validation.

    Args:
        executor: from `start_workers`.
        settings: C's settings. For surprise a score is M's mean loss per step; the environments
            pay its sum.
        seed: the run's seed, or a repeat's.
        task: its name.
        start: (parameters,), added to every controller that the search proposes; None adds nothing.
    """

    def __init__(
        self,
        executor: Executor,
        settings: ControllerSettings,
        seed: int,
        task: str,
        start: NDArray[np.float32] | None = None,
    ) -> None:
        self.executor, self.settings = executor, settings
        self.seed, self.task, self.start = seed, task, start

    def fitness(self, generation: int, candidates: NDArray[np.float32]) -> list[float]:
        """Return the mean score of each candidate, (population, parameters)."""
        seeds = [
            derive(self.seed, Purpose.FITNESS, self.task, generation, episode)
            for episode in range(self.settings.episodes_in(generation))
        ]
        assignments = [Assignment(c, seed) for c in range(len(candidates)) for seed in seeds]
        together = self.settings.candidates_per_unit * self.settings.episodes // len(seeds)
        size = max(1, together) * len(seeds)
        episodes = self._play(candidates, units_of(assignments, size))
        scores = np.array([episode.score for episode in episodes])
        return [float(mean) for mean in scores.reshape(len(candidates), -1).mean(axis=1)]

    def validation(self, controller: NDArray[np.float32]) -> float:
        """Return the mean score of one controller, (parameters,), on the validation episodes."""
        assignments = [
            Assignment(0, derive(self.seed, Purpose.VALIDATION, self.task, episode))
            for episode in range(self.settings.validation_episodes)
        ]
        units = units_of(assignments, self.settings.slots)
        episodes = self._play(controller[None], units)
        return float(np.mean([episode.score for episode in episodes]))

    def _play(
        self, candidates: NDArray[np.float32], units: Sequence[Sequence[Assignment]]
    ) -> list[Episode]:
        if self.start is not None:
            candidates = candidates + self.start
        episodes = play_all(self.executor, candidates, units)
        return per_step(episodes) if self.settings.fitness == "surprise" else episodes
