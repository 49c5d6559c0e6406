"""Read and check the successors' results."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from world_models.errors import WorldModelsError
from world_models.evaluation.statistics import Summary, summarise
from world_models.paper.reading import read_columns, read_scores
from world_models.section import Section
from world_models.storage.files import read_json
from world_models.studies.results import Results
from world_models.studies.sources import StudySource
from world_models.successors.futures import Futures, read
from world_models.successors.rssm.presets import PRESETS
from world_models.tasks import get_task

LABELS = {
    "planet": "PlaNet",
    "dreamer_1": "Dreamer 1",
    "dreamer_2": "Dreamer 2",
    "dreamer_3": "Dreamer 3",
    "muzero": "MuZero",
    "ppo": "PPO",
}
MODELS = ("vision", "memory")
MODELLED = (*PRESETS, "muzero")  # methods that imagine; PPO has no model


class Compared(Section):
    """A task, and the methods that are compared on it."""

    name: str
    """The task's."""
    environment: dict[str, Any]
    """Its section `environment`."""
    methods: list[str] = Field(min_length=1)
    """Their names, in display order."""
    beside: list[StudySource] = Field(default_factory=list)
    """World Models controllers: one study each, with only this task and this controller."""


@dataclass(frozen=True)
class Cost:
    """What a training run cost.

    Attributes:
        updates: of the weights. hours: wall-clock time. machine: what it ran on.
    """

    updates: int
    hours: float
    machine: str


@dataclass(frozen=True)
class Method:
    """A trained method.

    Attributes:
        label: its name in tables. name: its section's; or its study's and controller's.
        score: over fresh episodes of the reference environment.
        steps: of the environment, in training. exact: whether `steps` is exact, not an upper bound.
        parameters: trained ones. cost: of training; None if it was not recorded.
        curve: (rounds, 3): steps so far, hours so far (NaN if not recorded), and the mean
            score of the round's training episodes.
        futures: what its model imagines, and what really came; None without a model.
    """

    label: str
    name: str
    score: Summary
    steps: int
    exact: bool
    parameters: int
    cost: Cost | None
    curve: NDArray[np.float64]
    futures: Futures | None = None


@dataclass(frozen=True)
class Comparison:
    """A task's methods.

    Attributes:
        task: its name. title: on the page. random: the random policy's score. methods: in order.
    """

    task: str
    title: str
    random: Summary
    methods: list[Method]


def parse(text: str) -> list[Compared]:
    """Return the tasks to compare, from JSON.

    Raises:
        WorldModelsError: not JSON, or not a list of such tasks.
    """
    try:
        return [Compared.model_validate(each) for each in json.loads(text)]
    except (ValueError, ValidationError, TypeError) as error:
        message = " ".join(str(error).split())
        raise WorldModelsError(f"--tasks: not a list of tasks ({message})") from error


def load(root: Path, compared: Compared) -> Comparison:
    """Read a task's results.

    Raises:
        WorldModelsError: a file is missing, damaged, or of another task.
    """
    task = get_task(compared.name, compared.environment)
    folder = root / compared.name
    methods = [_controller(root, each) for each in compared.beside]
    methods += [_method(folder / "successors" / name, compared.name) for name in compared.methods]
    return Comparison(task.name, task.title, _scores(folder / "evaluation/random.csv"), methods)


def _method(folder: Path, task: str) -> Method:
    cost = read_json(folder / "cost.json", "training_cost", task)
    about = read_json(folder / "model.json", _kind(folder / "model.json"), task)
    curve = read_columns(folder / "curve.csv", ("steps", "score"))
    try:
        threads = int(cost["threads"])
        cores = f"{threads} thread{'s' * (threads > 1)}"
        named = (str(cost["machine"]), str(cost["processor"]))
        where = " ".join(dict.fromkeys(each for each in named if each))
        machine = f"{where}, {cores}" if cost["device"] == "cpu" else f"{where}, {cost['device']}"
        hours = np.array(cost["round_hours"], dtype=np.float64)
        return Method(
            LABELS.get(folder.name, folder.name), folder.name, _scores(folder / "evaluation.csv"),
            int(cost["steps"]), True, int(about["parameters"]),
            Cost(int(cost["updates"]), float(cost["hours"]), machine),
            np.stack([curve["steps"], hours, curve["score"]], axis=1),
            read(folder / "futures.safetensors", task) if folder.name in MODELLED else None,
        )  # fmt: skip
    except (KeyError, ValueError) as error:
        message = f"{type(error).__name__}: {error}"
        raise WorldModelsError(f"{folder}: incomplete ({message}); train it anew") from error


def _controller(root: Path, study: StudySource) -> Method:
    """Return a World Models controller, with a curve only if it evolved in reality."""
    (source,) = study.tasks
    (controller,) = source.controllers
    results = Results(study, source, root)
    evolved, exact = results.evolved_steps(controller)
    recorded, parts = results.recorded_steps, [results.about(controller)]
    parts += [read_json(results.at(f"{kind}/model.json"), kind, source.name) for kind in MODELS]
    curve = np.empty((0, 3))
    if source.evolved_in == "reality":
        steps, scores = recorded + evolved.cumsum(), results.fitness(controller)["mean"]
        curve = np.stack([steps, np.full(len(steps), np.nan), scores], axis=1)
    name = f"{study.name}/{controller}" if study.name else controller
    return Method(
        f"World Models, {name}", name, summarise(results.scores(controller)),
        int(recorded + evolved.sum()), exact, sum(int(each["parameters"]) for each in parts),
        None, curve,
    )  # fmt: skip


def _kind(path: Path) -> str:
    """Return the kind that a description states; `read_json` checks the rest."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        return "model"


def _scores(path: Path) -> Summary:
    return summarise(read_scores(path)["score"])
