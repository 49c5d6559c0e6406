"""On-policy training: the policy plays, then learns only from what it has just played."""

import numpy as np

from world_models.storage.snapshots import Snapshots
from world_models.successors.model_free.learner import TERMS, Played, PpoLearner
from world_models.successors.model_free.settings import PpoSettings
from world_models.successors.rounds import Rounds
from world_models.tasks.contract import Task, VectorEnvironment


class OnPolicy(Rounds):
    """A training that resumes from its last snapshot, taken when all play was learnt from.

    Args:
        task: the task played. name: the method's name, for seeds and messages.
        learner: the learner, still untrained. settings: its settings. seed: the run's.
        snapshots: where progress is saved.
    """

    def __init__(
        self,
        task: Task,
        name: str,
        learner: PpoLearner,
        settings: PpoSettings,
        seed: int,
        snapshots: Snapshots,
    ) -> None:
        module, optimiser = learner.policy, learner.policy.optimizer
        super().__init__(task, name, module, optimiser, TERMS, settings, seed, snapshots)
        self.learner, self.settings = learner, settings
        self.pending: list[Played] = []  # played by the current policy, not learnt from yet
        self.begun = 0  # how many steps came before them

    def _learnt_from(self) -> bool:
        return not self.pending

    def _due(self) -> int:
        rows = sum(len(each.raw) for each in self.pending)
        over = self.count.steps >= self.settings.steps
        return int(rows >= (2 if over else self.settings.round_rows))

    def _play(self, environments: VectorEnvironment) -> None:
        """Play an episode in each slot."""
        if not self.pending:
            self.begun = self.count.steps
        actor = self.learner.actor(self.settings.slots)
        episodes, kept = self._episodes(actor, environments)
        # There is one episode per slot, in the same order.
        self.pending += [
            Played(rows, np.stack(raw)) for rows, raw in zip(kept, actor.raw, strict=True)
        ]
        self.count.actions += sum(len(raw) for raw in actor.raw)
        self._played(episodes)

    def _update(self) -> None:
        """Learn from everything that the current policy played."""
        remaining = max(0.0, 1 - self.begun / self.settings.steps)
        terms, updates = self.learner.learn(self.pending, self._update_seed(), remaining)
        self.pending = []
        self._updated(terms, updates)
