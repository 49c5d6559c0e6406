"""The learner that a training trains, and the counters of its progress."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from world_models.play.actors import Actor
from world_models.successors.replay import Columns, Replay


class Learner(Protocol):
    """An agent in training, and how it is updated.

    Attributes:
        module: holds every weight and buffer that an update changes.
        optimiser: the optimiser of its weights.
        columns: the replay columns that it needs.
        terms: the keys of what `update` returns.
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
        """Learn from one batch, drawing all randomness from `seed`; return the loss terms."""
        ...


@dataclass
class Counters:
    """How far a training has progressed.

    Attributes:
        rows: rows added to the replay. steps: environment steps. actions: after the prefill.
        episodes, updates: how many are finished. curve: rows of the curve, one per round.
        hours: wall-clock hours at the end of each of these rounds.
        sums: the sum of each term since the last row. learnt: how many values were summed.
        scores: of the episodes since the last row. seconds: wall-clock time spent so far.
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
