"""All the data that the tables and figures are made from, in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from world_models.memory.model import Initial, Memory
from world_models.paper.reading import Columns, Metrics
from world_models.rollouts.store import Shard
from world_models.tasks.contract import Task
from world_models.vision.model import Vision

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Controller:
    """One evolved controller's results. Columns are those of `storage/columns.py`.

    Attributes:
        name: its folder, e.g. "z_h" or "tau_1.15". label: its name in tables.
        parameters: how many numbers it has.
        fitness: the curve of its evolution.
        scores: in the real environment, (episodes,).
        dream_scores: in the dream that it evolved in, (episodes,); None if it evolved in reality.
        transfer: scores of candidates of its evolution, where they evolved and in reality.
        death_prediction: how well M predicts the deaths in its games, one row; NaN where there was
            nothing to divide by. None if C was not evolved in a dream, or M predicts no death.
    """

    name: str
    label: str
    parameters: int
    fitness: Columns
    scores: Scores
    dream_scores: Scores | None
    transfer: Columns
    death_prediction: Columns | None


@dataclass(frozen=True)
class TaskResults:
    """One task's results. Columns are those of `storage/columns.py`.

    Attributes:
        task: what was played. evolved_in: where its controllers were evolved.
        seed: the run's seed, from which the figures' samples derive.
        path: returns where a file is, given its path below the task's folder.
        vision, memory: trained V and M. initial: recorded first frames, where dreams begin.
        vision_parameters, memory_parameters: how many parameters they have.
        vision_curve, memory_curve: training curves; the terms of a head that M lacks are NaN.
        vision_metrics, memory_metrics: measured on held-out rollouts; None where nothing could be.
        held_out: rollouts on which nothing was trained.
        random: the random policy's scores, (episodes,).
        controllers: in the order of the tables.
        open_loop: mean scores of open-loop policies, one row per place; the real environment's
            temperature is NaN. None if C was not evolved in a dream, or the task has no such
            policies.
    """

    task: Task
    evolved_in: Literal["reality", "dream"]
    seed: int
    path: Callable[[str], Path]
    vision: Vision
    memory: Memory
    initial: Initial
    vision_parameters: int
    memory_parameters: int
    vision_curve: Columns
    memory_curve: Columns
    vision_metrics: Metrics
    memory_metrics: Metrics
    held_out: Shard
    random: Scores
    controllers: list[Controller]
    open_loop: Columns | None


@dataclass(frozen=True)
class Inputs:
    """All results of a scale, study or task.

    Attributes:
        root: the folder they were read from, except what studies share. seed: the run's.
        tasks: by name, in the order of the page.
    """

    root: Path
    seed: int
    tasks: dict[str, TaskResults]

    @property
    def study(self) -> str | None:
        """The study that the root stands for; None for a scale itself."""
        return self.root.name if self.root.parent.name == "studies" else None

    @property
    def scale(self) -> str:
        """The scale that the root stands for, or lies in: `results` itself is the paper's."""
        home = self.root.parent.parent if self.study else self.root
        return "paper" if home.name == "results" else home.name
