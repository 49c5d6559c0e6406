"""Training from a replay: rounds of play fill it, and updates draw batches from it."""

from pathlib import Path

from world_models.errors import WorldModelsError
from world_models.play.actors import Actor, BehaviourActor
from world_models.storage.snapshots import Snapshots
from world_models.successors.contract import Learner
from world_models.successors.replay import Replay
from world_models.successors.rounds import Rounds
from world_models.successors.settings import ReplaySettings
from world_models.tasks.contract import Task, VectorEnvironment


class Training(Rounds):
    """A training that resumes from its last snapshot.

    Args:
        task: the task played. name: the method's name, for seeds and messages.
        learner: the learner, still untrained. settings: its settings. seed: the run's.
        snapshots: where progress is saved. folder: where the replay is stored.

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
        module, optimiser = learner.module, learner.optimiser
        super().__init__(task, name, module, optimiser, learner.terms, settings, seed, snapshots)
        self.learner, self.settings = learner, settings
        self.replay = Replay(folder, learner.columns, settings.replay_rows, self.count.rows)

    def _due(self) -> int:
        settings, count = self.settings, self.count
        if count.steps < settings.prefill_steps:
            return 0
        if self.replay.windows(settings.batch_length) < 1:
            return 0
        learnt_from = count.actions * settings.train_ratio
        ratio = learnt_from / (settings.batch_size * settings.batch_length)
        return settings.pretrain_updates + int(ratio) - count.updates

    def _play(self, environments: VectorEnvironment) -> None:
        """Play an episode in each slot, and add the episodes to the replay."""
        settings, count, task = self.settings, self.count, self.task
        prefill = count.steps < settings.prefill_steps
        actor: Actor
        if prefill:
            behaviour = task.behaviours[task.random_behaviour]
            actor = BehaviourActor(behaviour, settings.slots, task.action_size)
        else:
            actor = self.learner.actor(settings.slots)
        episodes, kept = self._episodes(actor, environments)
        new = sum(len(rows["flags"]) for rows in kept)
        if new > settings.replay_rows:
            raise WorldModelsError(
                f"{task.name}.{self.name}.replay_rows: a round of {new} rows does not fit into "
                f"{settings.replay_rows}; raise it"
            )
        if self.replay.overwrites(new):
            self.save()  # the last snapshot needs the rows about to be overwritten
        for rows in kept:
            self.replay.add(rows)
        count.rows = self.replay.rows
        count.actions += 0 if prefill else new - len(kept)
        self._played(episodes)

    def _update(self) -> None:
        """Learn from one batch."""
        self._updated(self.learner.update(self.replay, self._update_seed()))

    def save(self) -> None:
        """Save everything that a later run needs to resume here."""
        if self.snapshots.path is not None:
            self.replay.flush()
        super().save()
