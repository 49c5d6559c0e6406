"""The skeleton of a successor's training: rounds of play, updates between them, snapshots.

An environment can't be saved in the middle of an episode. So a round plays whole episodes with one
policy, and then makes the updates that are due. A training resumed from a snapshot matches an
uninterrupted one bit for bit: each episode and update is seeded by the run's seed and its number.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial

import numpy as np
import torch

from world_models.errors import WorldModelsError
from world_models.execution.progress import Progress
from world_models.play.actors import Actor
from world_models.play.episodes import Assignment, Episode
from world_models.play.observers import Rows
from world_models.seeds import Purpose, derive
from world_models.stage.log import LOG
from world_models.storage.snapshots import Snapshots, restore_training, training_tensors
from world_models.successors.contract import Counters
from world_models.successors.driver import play_round
from world_models.successors.settings import PlayingSettings
from world_models.tasks.contract import Task, VectorEnvironment

CURVE = ("steps", "updates", "episodes", "score")  # then the learner's terms, means of the round


class Rounds(ABC):
    """A training that resumes from its last snapshot.

    Args:
        task: the task played. name: the method's name, for seeds and messages.
        module: holds every weight and buffer that an update changes.
        optimiser: the optimiser of its weights. terms: the names of an update's terms.
        settings: the method's. seed: the run's. snapshots: where progress is saved.
    """

    def __init__(
        self,
        task: Task,
        name: str,
        module: torch.nn.Module,
        optimiser: torch.optim.Optimizer,
        terms: tuple[str, ...],
        settings: PlayingSettings,
        seed: int,
        snapshots: Snapshots,
    ) -> None:
        self.task, self.name, self.playing = task, name, settings
        self.module, self.optimiser, self.terms = module, optimiser, terms
        self.seed_of = partial(derive, seed)
        self.snapshots = snapshots
        self.count = Counters()
        if (saved := snapshots.load()) is not None:
            tensors, facts = saved
            restore_training(tensors, module, optimiser)
            self.count = Counters(**facts["counters"])
        self.started = time.monotonic() - self.count.seconds

    @abstractmethod
    def _due(self) -> int:
        """Return how many updates are due before the next round of play."""

    @abstractmethod
    def _play(self, environments: VectorEnvironment) -> None:
        """Play an episode in each slot."""

    @abstractmethod
    def _update(self) -> None:
        """Make one update."""

    def _learnt_from(self) -> bool:
        """Return whether all episodes played were learnt from, so that a snapshot is possible."""
        return True

    def run(self) -> None:
        """Play and learn until `settings.steps` steps are played and all due updates made.

        Raises:
            WorldModelsError: a term of the loss is not finite; the last snapshot is kept.
        """
        count, total = self.count, self.playing.steps
        environments: VectorEnvironment | None = None
        try:
            with Progress(f"{self.task.name} {self.name}", total, "step", count.steps) as progress:
                while count.steps < total or self._due() > 0:
                    if self._due() > 0:
                        self._update()
                        if progress.done < total:  # at 100% each call would write a line
                            progress.advance(0, self._note())
                    else:
                        environments = environments or self.task.make_training(self.playing.slots)
                        before = count.steps
                        self._play(environments)
                        progress.advance(min(count.steps, total) - before, self._note())
                    if self._due() <= 0 and self._learnt_from():
                        self._end_of_round()
                    if self.snapshots.due() and self._learnt_from():
                        self.save()
        finally:
            if environments is not None:
                environments.close()
        self.save()

    def _episodes(
        self, actor: Actor, environments: VectorEnvironment
    ) -> tuple[list[Episode], list[Rows]]:
        """Play an episode in each slot; return the episodes and their rows, without counting."""
        count, task = self.count, self.task
        numbers = range(count.episodes, count.episodes + self.playing.slots)
        assignments = [
            Assignment(0, self.seed_of(Purpose.COLLECTION, task.name, self.name, number))
            for number in numbers
        ]
        return play_round(
            actor, environments, assignments, task.action_size, self.playing.action_repeat
        )

    def _played(self, episodes: Sequence[Episode]) -> None:
        """Count finished episodes."""
        count = self.count
        count.steps += sum(episode.steps for episode in episodes)
        count.episodes += len(episodes)
        count.scores += [episode.score for episode in episodes]

    def _update_seed(self) -> int:
        """Return the seed of the next update."""
        return self.seed_of(
            Purpose.TRAINING, self.task.name, self.name, "update", self.count.updates
        )

    def _updated(self, terms: Mapping[str, float], updates: int = 1) -> None:
        """Count updates, and add their mean terms to the sums."""
        count = self.count
        if not np.isfinite(list(terms.values())).all():
            raise WorldModelsError(
                f"{self.task.name}.{self.name}: not finite at update {count.updates} ({terms}); "
                "lower the learning rates"
            )
        for term, value in terms.items():
            count.sums[term] = count.sums.get(term, 0.0) + value
        count.learnt += 1
        count.updates += updates

    def _end_of_round(self) -> None:
        """Add a row to the curve, if anything was played since the last one."""
        count = self.count
        if count.scores:
            sums = [count.sums.get(term) for term in self.terms]
            means = [None if each is None else each / count.learnt for each in sums]
            score = sum(count.scores) / len(count.scores)
            count.curve.append([count.steps, count.updates, count.episodes, score, *means])
            count.hours.append((time.monotonic() - self.started) / 3600)
            count.sums, count.learnt, count.scores = {}, 0, []

    def _note(self) -> str:
        scores = [row[3] for row in self.count.curve[-10:]]
        recent = f", score {sum(scores) / len(scores):.1f}" if scores else ""
        return f"{self.count.updates} updates{recent}"

    def save(self) -> None:
        """Save everything that a later run needs to resume here."""
        count = self.count
        count.seconds = time.monotonic() - self.started
        if self.snapshots.path is None:
            return
        tensors = training_tensors(self.module, self.optimiser)
        self.snapshots.save(tensors, {"step": count.steps, "counters": asdict(count)})
        LOG.info("%s: snapshot at %d steps, %d updates", self.name, count.steps, count.updates)
