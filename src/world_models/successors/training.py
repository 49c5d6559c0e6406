"""The skeleton of a successor's training: rounds of play, updates between them, snapshots.

An environment in the midst of an episode can't be saved. So a round plays whole episodes by one
policy, and the updates that they call for follow. A training that goes on from a snapshot repeats
an undisturbed one bit for bit: episodes and updates derive from the run's seed and their numbers.
"""

import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from world_models.errors import WorldModelsError
from world_models.execution.progress import Progress
from world_models.play.actors import Actor, BehaviourActor
from world_models.play.episodes import Assignment
from world_models.seeds import Purpose, derive
from world_models.stage.log import LOG
from world_models.storage.snapshots import Snapshots, restore_training, training_tensors
from world_models.successors.contract import Counters, Learner
from world_models.successors.driver import play_round
from world_models.successors.replay import Replay
from world_models.successors.settings import ReplaySettings
from world_models.tasks.contract import Task, VectorEnvironment

CURVE = ("steps", "updates", "episodes", "score")  # then the learner's terms, means of a round


class Training:
    """A training that goes on from its last snapshot.

    Args:
        task: what is played. name: the method's, in seeds and messages.
        learner: what is trained, new. settings: its own. seed: the run's.
        snapshots: where progress is kept. folder: where the replay lies.

    Raises:
        WorldModelsError: the replay of an earlier run is damaged.
    """

    def __init__(
        self,
        task: Task,
        name: str,
        learner: Learner,
        settings: ReplaySettings,
        seed: int,
        snapshots: Snapshots,
        folder: Path,
    ) -> None:
        self.task, self.name, self.learner, self.settings = task, name, learner, settings
        self.seed_of = partial(derive, seed)
        self.snapshots = snapshots
        self.count = Counters()
        if (saved := snapshots.load()) is not None:
            tensors, facts = saved
            restore_training(tensors, learner.module, learner.optimiser)
            self.count = Counters(**facts["counters"])
        self.replay = Replay(folder, learner.columns, settings.replay_rows, self.count.rows)
        self.started = time.monotonic() - self.count.seconds

    def run(self) -> None:
        """Play and learn until `settings.steps` are played and learnt from.

        Raises:
            WorldModelsError: a term of the loss is not finite; the last snapshot stays.
        """
        count, total = self.count, self.settings.steps
        environments: VectorEnvironment | None = None
        try:
            with Progress(f"{self.task.name} {self.name}", total, "step", count.steps) as progress:
                while count.steps < total or self._due() > 0:
                    if self._due() > 0:
                        self._update()
                        if progress.done < total:  # else each call would write a line
                            progress.advance(0, self._note())
                    else:
                        environments = environments or self.task.make_training(self.settings.slots)
                        before = count.steps
                        self._play(environments)
                        progress.advance(min(count.steps, total) - before, self._note())
                    if self._due() <= 0:
                        self._end_of_round()
                    if self.snapshots.due():
                        self.save()
        finally:
            if environments is not None:
                environments.close()
        self.save()

    def _due(self) -> int:
        """Return how many updates are due before anything else is played."""
        settings, count = self.settings, self.count
        if count.steps < settings.prefill_steps:
            return 0
        if self.replay.windows(settings.batch_length) < 1:
            return 0
        learnt_from = count.actions * settings.train_ratio
        ratio = learnt_from / (settings.batch_size * settings.batch_length)
        return settings.pretrain_updates + int(ratio) - count.updates

    def _play(self, environments: VectorEnvironment) -> None:
        """Play an episode in each slot, and add them to the replay."""
        settings, count, task = self.settings, self.count, self.task
        prefill = count.steps < settings.prefill_steps
        actor: Actor
        if prefill:
            behaviour = task.behaviours[task.random_behaviour]
            actor = BehaviourActor(behaviour, settings.slots, task.action_size)
        else:
            actor = self.learner.actor(settings.slots)
        numbers = range(count.episodes, count.episodes + settings.slots)
        assignments = [
            Assignment(0, self.seed_of(Purpose.COLLECTION, task.name, self.name, number))
            for number in numbers
        ]
        episodes, kept = play_round(
            actor, environments, assignments, task.action_size, settings.action_repeat
        )
        new = sum(len(rows["flags"]) for rows in kept)
        if new > settings.replay_rows:
            raise WorldModelsError(
                f"{task.name}.{self.name}.replay_rows: {settings.replay_rows} rows don't hold a "
                f"round of {new}; raise it"
            )
        if self.replay.overwrites(new):
            self.save()  # the last one still needs the rows that go now
        for rows in kept:
            self.replay.add(rows)
        count.rows = self.replay.rows
        count.steps += sum(episode.steps for episode in episodes)
        count.actions += 0 if prefill else new - len(episodes)
        count.episodes += len(episodes)
        count.scores += [episode.score for episode in episodes]

    def _update(self) -> None:
        """Learn from one batch."""
        count = self.count
        seed = self.seed_of(Purpose.TRAINING, self.task.name, self.name, "update", count.updates)
        terms = self.learner.update(self.replay, seed)
        if not np.isfinite(list(terms.values())).all():
            raise WorldModelsError(
                f"{self.task.name}.{self.name}: not finite at update {count.updates} ({terms}); "
                "lower the learning rates"
            )
        for term, value in terms.items():
            count.sums[term] = count.sums.get(term, 0.0) + value
        count.learnt += 1
        count.updates += 1

    def _end_of_round(self) -> None:
        """Add a row to the curve, if anything was played since the last one."""
        count = self.count
        if count.scores:
            sums = [count.sums.get(term) for term in self.learner.terms]
            means = [None if each is None else each / count.learnt for each in sums]
            score = sum(count.scores) / len(count.scores)
            count.curve.append([count.steps, count.updates, count.episodes, score, *means])
            count.sums, count.learnt, count.scores = {}, 0, []

    def _note(self) -> str:
        scores = [row[3] for row in self.count.curve[-10:]]
        recent = f", score {sum(scores) / len(scores):.1f}" if scores else ""
        return f"{self.count.updates} updates{recent}"

    def save(self) -> None:
        """Save all that another run needs to go on from here."""
        self.count.seconds = time.monotonic() - self.started
        if self.snapshots.path is None:
            return
        self.replay.flush()
        tensors = training_tensors(self.learner.module, self.learner.optimiser)
        self.snapshots.save(tensors, {"step": self.count.steps, "counters": asdict(self.count)})
        LOG.info("%s: snapshot at %d steps, %d updates", self.name, *self._place())

    def _place(self) -> tuple[int, int]:
        return self.count.steps, self.count.updates
