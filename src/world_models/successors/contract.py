"""What a successor's training trains, and how far it has come."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from world_models.play.actors import Actor
from world_models.successors.replay import Columns, Replay


class Learner(Protocol):
    """What is trained.

    Attributes:
        module: all that has weights or other tensors that an update changes.
        optimiser: the optimiser of its weights.
        columns: what it needs of a row of the replay.
        terms: the names of what `update` returns.
    """

    @property
    def module(self) -> torch.nn.Module: ...

    @property
    def optimiser(self) -> torch.optim.Optimizer: ...

    @property
    def columns(self) -> Columns: ...

    @property
    def terms(self) -> tuple[str, ...]: ...

    def actor(self, slots: int) -> Actor:
        """Return an actor that explores."""
        ...

    def update(self, replay: Replay, seed: int) -> dict[str, float]:
        """Learn from one batch, all random numbers from the seed; return the loss's terms."""
        ...


@dataclass
class Counters:
    """How far a training has come.

    Attributes:
        rows: added to the replay. steps: of the environment. actions: after the prefill.
        episodes, updates: finished. curve: rows of the curve.
        hours: by the clock, at the end of each of these rows' rounds.
        sums: of each term over the updates since the last row. learnt: how many those are.
        scores: of the episodes since the last row. seconds: at work, by the clock.
    """

    rows: int = 0
    steps: int = 0
    actions: int = 0
    episodes: int = 0
    updates: int = 0
    curve: list[list[Any]] = field(default_factory=list)
    hours: list[float] = field(default_factory=list)
    sums: dict[str, float] = field(default_factory=dict)
    learnt: int = 0
    scores: list[float] = field(default_factory=list)
    seconds: float = 0.0
