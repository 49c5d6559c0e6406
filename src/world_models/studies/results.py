"""One task of one study: its results, read when they are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        recorded: of rollouts that V and M learnt from; None where neither is used.
        evolved: of the episodes that ranked candidates in reality; 0 in a dream.
        exact: `evolved` is no upper bound.
    """

    recorded: float
    evolved: float
    exact: bool

    @property
    def all(self) -> float:
        """Both together."""
        return self.recorded + self.evolved


@dataclass(frozen=True)
class Results:
    """A study's results of a task.

    Attributes:
        study, source: where they are. scale: the scale's folder.
    """

    study: StudySource
    source: StudiedTask
    scale: Path

    @cached_property
    def task(self) -> Task:
        """What was played."""
        return self.source.task

    def at(self, file: str) -> Path:
        """Return where a file lies."""
        return self.source.path(self.scale, file)

    @cached_property
    def vision(self) -> Metrics:
        """V's measurements on held-out rollouts."""
        return read_metrics(self.at("vision/metrics.json"), "vision_metrics", self.task.name)

    @cached_property
    def memory(self) -> Metrics:
        """M's."""
        return read_metrics(self.at("memory/metrics.json"), "memory_metrics", self.task.name)

    @cached_property
    def recorded_steps(self) -> float:
        """Steps of all rollouts that V and M learn from."""
        path = self.at("evaluation/experience.csv")
        return float(read_columns(path, study_columns.EXPERIENCE_NUMBERS)["steps"].sum())

    def scores(self, controller: str) -> NDArray[np.float64]:
        """Return the scores in the reference environment, of a controller or of random play."""
        return read_scores(self.at(f"evaluation/{controller}.csv"))["score"]

    def dream_scores(self, controller: str) -> NDArray[np.float64] | None:
        """Return the scores in the dream; None for one that was evolved in reality."""
        if self.source.evolved_in != "dream":
            return None
        return read_scores(self.at(f"evaluation/{controller}.dream.csv"))["score"]

    def fitness(self, controller: str) -> Columns:
        """Return the curve of its evolution."""
        return read_fitness(self.at(f"controllers/{controller}/fitness.csv"))

    def transfer(self, controller: str) -> Columns:
        """Return scores of its evolution's candidates, where they evolved and in reality."""
        return read_columns(self.at(f"evaluation/{controller}.transfer.csv"), columns.TRANSFER)

    def about(self, controller: str) -> dict[str, Any]:
        """Return its description."""
        return read_json(
            self.at(f"controllers/{controller}/model.json"), "controller", self.task.name
        )

    def deaths(self, controller: str) -> Columns | None:
        """Return how well M predicts the deaths in its games; None where M predicts none."""
        if self.source.evolved_in != "dream" or "deaths" not in self.memory:
            return None
        path = self.at(f"evaluation/{controller}.death_prediction.csv")
        return read_columns(path, columns.DEATH_PREDICTION, blank=columns.DEATH_RATES)

    def seen(self, controller: str) -> Iterator[tuple[str, dict[str, Summary]]]:
        """Yield each look, and the means over its episodes of what was measured there."""
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
        """Return real steps that each generation took, validation included, and if that is exact.

        Where a score doesn't count steps, an episode is taken to last as long as it may.
        """
        about, curve = self.about(controller), self.fitness(controller)
        if about["temperature"] is not None:
            return np.zeros(len(curve["mean"])), True
        settings = about["settings"]
        scored = settings.get("fitness", "score") == "score"
        exact = scored and get_kind(self.task.kind).score_is_steps
        ranked = settings["population"] * settings["episodes"]
        validated = np.where(np.isnan(curve["validation"]), 0, settings["validation_episodes"])
        if not exact:
            return self.task.max_steps * (ranked + validated), False
        return ranked * curve["mean"] + validated * np.nan_to_num(curve["validation"]), True


def all_results(studies: list[StudySource], scale: Path) -> list[Results]:
    """Return all studies' results, task by task."""
    return [Results(study, each, scale) for study in studies for each in study.tasks]
