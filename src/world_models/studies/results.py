"""One study's results for one task, read on demand."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.controller.settings import ControllerSettings
from world_models.evaluation.statistics import Summary, summarise
from world_models.paper.reading import (
    Columns,
    Metrics,
    read_columns,
    read_fitness,
    read_metrics,
    read_scores,
)
from world_models.storage import columns, study_columns
from world_models.storage.files import read_json
from world_models.studies.reading import read_texts
from world_models.studies.sources import StudiedTask, StudySource
from world_models.tasks import get_kind
from world_models.tasks.contract import Task

RANDOM = "random"


@dataclass(frozen=True)
class Steps:
    """Real steps that went into a controller.

    Attributes:
        recorded: of the rollouts that V and M learnt from.
        evolved: of the episodes that ranked and validated candidates in reality; 0 in a dream.
        exact: whether `evolved` is exact, not an upper bound.
    """

    recorded: float
    evolved: float
    exact: bool

    @property
    def all(self) -> float:
        """The sum of both."""
        return self.recorded + self.evolved


@dataclass(frozen=True)
class Results:
    """A study's results for a task.

    Attributes:
        study, source: the study and its task. scale: the scale's folder.
    """

    study: StudySource
    source: StudiedTask
    scale: Path

    @cached_property
    def task(self) -> Task:
        """What was played."""
        return self.source.task

    def at(self, file: str) -> Path:
        """Return a file's path; `file` is its path below ROOT/NAME."""
        return self.source.path(self.scale, file)

    @cached_property
    def vision(self) -> Metrics:
        """V's measurements on held-out rollouts."""
        return read_metrics(self.at("vision/metrics.json"), "vision_metrics", self.task.name)

    @cached_property
    def memory(self) -> Metrics:
        """M's measurements on held-out rollouts."""
        return read_metrics(self.at("memory/metrics.json"), "memory_metrics", self.task.name)

    @cached_property
    def recorded_steps(self) -> float:
        """Steps of all rollouts that V and M learn from."""
        path = self.at("evaluation/experience.csv")
        return float(read_columns(path, study_columns.EXPERIENCE_NUMBERS)["steps"].sum())

    def scores(self, controller: str) -> NDArray[np.float64]:
        """Return a controller's or the random policy's scores in the reference environment."""
        return read_scores(self.at(f"evaluation/{controller}.csv"))["score"]

    def dream_scores(self, controller: str) -> NDArray[np.float64] | None:
        """Return a controller's scores in the dream; None if it was evolved in reality."""
        if self.source.evolved_in != "dream":
            return None
        return read_scores(self.at(f"evaluation/{controller}.dream.csv"))["score"]

    def fitness(self, controller: str) -> Columns:
        """Return a controller's evolution curve."""
        return read_fitness(self.at(f"controllers/{controller}/fitness.csv"))

    def transfer(self, controller: str) -> Columns:
        """Return the scores of an evolution's candidates, where they evolved and in reality."""
        return read_columns(self.at(f"evaluation/{controller}.transfer.csv"), columns.TRANSFER)

    def about(self, controller: str) -> dict[str, Any]:
        """Return a controller's description."""
        return read_json(
            self.at(f"controllers/{controller}/model.json"), "controller", self.task.name
        )

    def deaths(self, controller: str) -> Columns | None:
        """Return how well M predicts the deaths in a controller's games; None if not measured."""
        if self.source.evolved_in != "dream" or "deaths" not in self.memory:
            return None
        path = self.at(f"evaluation/{controller}.death_prediction.csv")
        return read_columns(path, columns.DEATH_PREDICTION, blank=columns.DEATH_RATES)

    def seen(self, controller: str) -> Iterator[tuple[str, dict[str, Summary]]]:
        """Yield each look with its measurements by name, summarised over its episodes."""
        path = self.at(f"evaluation/{controller}.seen.csv")
        blank = study_columns.SEEN_BLANK
        found = read_columns(path, study_columns.SEEN[1:], blank=blank)
        looks = np.array(read_texts(path, "look"))
        for look in dict.fromkeys(looks.tolist()):
            summaries = {}
            for name in ("score", "vision_error", *blank):
                values = found[name][looks == look]
                values = values[~np.isnan(values)]
                if len(values) > 1:
                    summaries[name] = summarise(values)
            yield look, summaries

    def steps(self, controller: str) -> Steps:
        """Return the real steps behind a controller."""
        evolved, exact = self.evolved_steps(controller)
        return Steps(self.recorded_steps, float(evolved.sum()), exact)

    def evolved_steps(self, controller: str) -> tuple[NDArray[np.float64], bool]:
        """Return each generation's real steps, validation included, and whether they are exact.

        If the score is not a step count, every episode is assumed to last to the time limit.
        """
        about, curve = self.about(controller), self.fitness(controller)
        if about["temperature"] is not None:
            return np.zeros(len(curve["mean"])), True
        settings = ControllerSettings.model_validate(about["settings"])
        exact = settings.fitness == "score" and get_kind(self.task.kind).score_is_steps
        generations = range(1, len(curve["mean"]) + 1)
        ranked = settings.population * np.array([settings.episodes_in(g) for g in generations])
        validated = np.where(np.isnan(curve["validation"]), 0, settings.validation_episodes)
        if not exact:
            return self.task.max_steps * (ranked + validated), False
        return ranked * curve["mean"] + validated * np.nan_to_num(curve["validation"]), True


def all_results(studies: list[StudySource], scale: Path) -> list[Results]:
    """Return all studies' results, one entry per study and task."""
    return [Results(study, each, scale) for study in studies for each in study.tasks]
