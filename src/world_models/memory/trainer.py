"""M's training from its first step to its last, through interruptions."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from world_models.errors import WorldModelsError
from world_models.execution.progress import Progress
from world_models.memory.latents import Latents
from world_models.memory.loss import learn
from world_models.memory.model import KIND, Memory, State
from world_models.memory.settings import MemorySettings
from world_models.memory.streams import Epoch, Window
from world_models.seeds import Purpose, derive
from world_models.storage.columns import MEMORY_CURVE
from world_models.storage.curves import is_point
from world_models.storage.snapshots import Snapshots, restore_training, training_tensors


class Training:
    """A training of M that can be stopped after any window and continued, bit for bit.

    Epochs and steps count from 0. The order of an epoch's episodes and the noise of its latents
    derive from the run's seed, the task and the epoch's number.
    """

    def __init__(
        self,
        task: str,
        settings: MemorySettings,
        seed: int,
        latents: Latents,
        device: torch.device,
    ) -> None:
        self.task, self.settings, self.seed, self.latents = task, settings, seed, latents
        self.device = device
        memory = Memory(
            latents.latent_size, latents.actions.shape[1], settings.hidden_size, settings.mixtures,
            settings.predicts_death, settings.predicts_reward, settings.sees_restart,
        )  # fmt: skip
        memory.initialise(torch.Generator().manual_seed(self.derive("weights")))
        self.memory = memory.to(device)
        self.optimizer = torch.optim.Adam(self.memory.parameters(), lr=settings.learning_rate)
        self.state = State(torch.empty(0), torch.empty(0))  # set where an epoch begins
        self.step, self.epoch, self.window = 0, 0, 0
        self.curve: list[list[Any]] = []

    def derive(self, *index: int | str) -> int:
        """Return the seed for one use in this training."""
        return derive(self.seed, Purpose.TRAINING, self.task, KIND, *index)

    def lay(self, epoch: int) -> Epoch:
        """Return an epoch's streams."""
        shuffle = np.random.default_rng(self.derive("order", epoch))
        order = shuffle.permutation(len(self.latents.lengths))
        settings = self.settings
        return Epoch(self.latents, order, settings.batch_size, settings.sequence_length)

    def run(self, snapshots: Snapshots) -> None:
        """Train to the end, from the last snapshot if there is one.

        Raises:
            WorldModelsError: a loss or a gradient is not finite; the last snapshot stays.
        """
        if (saved := snapshots.load()) is not None:
            self._restore(*saved)
        settings = self.settings
        sizes = [self.lay(epoch).windows for epoch in range(settings.epochs)]
        total, decay_from = sum(sizes), sum(sizes[: settings.epochs - settings.decay_epochs])
        with Progress(f"{self.task} M", total, "batch", done=self.step) as progress:
            while self.epoch < settings.epochs:
                streams = self.lay(self.epoch)
                if self.window == 0:
                    self.state = self.memory.zero_state(streams.streams)
                for window in streams.read(self.derive("noise", self.epoch), self.window):
                    self._set_learning_rate((self.step - decay_from) / max(1, total - decay_from))
                    means = self._update(window.to(self.device))
                    self._record(means, total)
                    self.step, self.window = self.step + 1, self.window + 1
                    progress.advance(note=", ".join(f"{k} {v:.3g}" for k, v in means.items()))
                    if snapshots.due():
                        self._save(snapshots)
                self.epoch, self.window = self.epoch + 1, 0
        self._save(snapshots)

    def _set_learning_rate(self, decayed: float) -> None:
        """Set Adam's step size for a share of the decay, 0 to 1; below 0 it has not begun."""
        first, last = self.settings.learning_rate, self.settings.min_learning_rate
        for group in self.optimizer.param_groups:
            group["lr"] = first * (last / first) ** max(0.0, decayed)

    def _update(self, window: Window) -> dict[str, float]:
        settings = self.settings
        self.optimizer.zero_grad(set_to_none=True)
        means, state = learn(self.memory, window, self.state, settings.death_weight)
        parameters = list(self.memory.parameters())
        slopes = torch.stack([p.grad.sum() for p in parameters if p.grad is not None]).sum()
        if not np.isfinite([*means.values(), slopes.item()]).all():
            raise WorldModelsError(
                f"{self.task}.memory: loss or gradient is not finite at step {self.step} "
                f"({means}); lower learning_rate or gradient_clip"
            )
        torch.nn.utils.clip_grad_value_(parameters, settings.gradient_clip)
        self.optimizer.step()
        self.state = state
        return means

    def _record(self, means: dict[str, float], total: int) -> None:
        if is_point(self.step, total):
            terms = [means.get(name) for name in MEMORY_CURVE[3:]]
            self.curve.append([self.step, self.epoch, sum(means.values()), *terms])

    def _save(self, snapshots: Snapshots) -> None:
        tensors = training_tensors(self.memory, self.optimizer)
        tensors |= {f"state.{k}": v for k, v in self.state._asdict().items()}
        facts = {"step": self.step, "epoch": self.epoch, "window": self.window}
        snapshots.save(tensors, {**facts, "curve": self.curve})

    def _restore(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        restore_training(tensors, self.memory, self.optimizer)
        self.state = State(*(tensors[f"state.{k}"].to(self.device) for k in State._fields))
        self.step, self.epoch = facts["step"], facts["epoch"]
        self.window, self.curve = facts["window"], facts["curve"]
