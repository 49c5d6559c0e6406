"""All that the tables and figures are made of, read and checked before anything is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from world_models.errors import WorldModelsError
from world_models.memory import model as memory_model
from world_models.memory.model import Memory
from world_models.paper.reading import (
    Columns,
    Metrics,
    read_columns,
    read_fitness,
    read_metrics,
    read_parameters,
    read_scores,
)
from world_models.rollouts.store import Shard
from world_models.vision import model as vision_model
from world_models.vision.model import Vision

Scores = NDArray[np.float64]

VISION_COLUMNS = ("step", "loss", "reconstruction", "kl")
MEMORY_COLUMNS = ("step", "loss", "nll", "death", "reward")
TRANSFER_COLUMNS = ("generation", "evolved", "real")
DEATH_PREDICTION_COLUMNS = (
    "episodes", "steps", "foretold", "deaths", "death_precision", "death_recall", "death_auc",
)  # fmt: skip


@dataclass(frozen=True)
class Controller:
    """One evolved controller's results.

    Attributes:
        name: its folder, e.g. "z_h" or "tau_1.15". label: for people.
        parameters: how many numbers it has.
        fitness: `FITNESS_COLUMNS` of its evolution.
        scores: in the real environment, (episodes,).
        dream_scores: in the dream that it was evolved in, (episodes,); None without one.
        transfer: `TRANSFER_COLUMNS` of a population of its evolution.
        foresight: `FORESIGHT_COLUMNS`, one row: M's logits of death in its games; NaN where there
            was nothing to divide by. None without a dream.
    """

    name: str
    label: str
    parameters: int
    fitness: Columns
    scores: Scores
    dream_scores: Scores | None
    transfer: Columns
    foresight: Columns | None


@dataclass(frozen=True)
class TaskResults:
    """One experiment's results.

    Attributes:
        name: the task. title: for people.
        vision, memory: trained V and M. vision_parameters, memory_parameters: their sizes.
        vision_curve, memory_curve: training curves; the terms of a head that M lacks are NaN.
        vision_metrics, memory_metrics: measured on held-out rollouts; None where nothing could be.
        held_out: rollouts that trained nothing.
        random: the random policy's scores, (episodes,).
        controllers: in the order of the tables.
    """

    name: str
    title: str
    vision: Vision
    memory: Memory
    vision_parameters: int
    memory_parameters: int
    vision_curve: Columns
    memory_curve: Columns
    vision_metrics: Metrics
    memory_metrics: Metrics
    held_out: Shard
    random: Scores
    controllers: list[Controller]


@dataclass(frozen=True)
class Inputs:
    """Everything.

    Attributes:
        root: the folder that all was read from. seed: the run's.
        tasks: in the paper's order.
        blind: `BLIND_COLUMNS`: mean steps that blind policies survive, a row a place; the game's
            temperature is NaN.
    """

    root: Path
    seed: int
    tasks: dict[str, TaskResults]
    blind: Columns

    @property
    def scale(self) -> str:
        """The scale that the root stands for: `results` itself is the paper's."""
        return "paper" if self.root.name == "results" else self.root.name


TITLES = {"car_racing": "CarRacing", "take_cover": "Take Cover"}
OPEN_LOOP = {
    "still": "standing still",
    "left": "always left",
    "right": "always right",
    "swing_20": "20 steps left, 20 right",
    "swing_60": "60 steps left, 60 right",
}
OPEN_LOOP_COLUMNS = ("temperature", *OPEN_LOOP)
LABELS = {"z": "z only", "z_hidden": "z, hidden layer", "z_h": "z and h"}


def temperature_of(name: str) -> str:
    """Return the temperature in a controller's name, with two decimals."""
    return name.removeprefix("tau_")


def read_all(
    root: Path,
    variants: Sequence[str],
    temperatures: Sequence[float],
    held_out: dict[str, Path],
    seed: int,
) -> Inputs:
    """Read the results under `root`.

    Args:
        root: the folder of a scale.
        variants: Table 1's controllers; known ones come in the paper's order, then others.
        temperatures: Table 2's controllers; they come in numeric order.
        held_out: manifest of the held-out rollouts of each task.
        seed: the run's seed, which the figures' samples derive from.

    Raises:
        WorldModelsError: a file is missing, empty, truncated, altered, of another task or
            contradicts another one.
    """
    known = list(LABELS)
    ordered = sorted(variants, key=lambda v: known.index(v) if v in known else len(known))
    names = {
        "car_racing": [(variant, LABELS.get(variant, variant)) for variant in ordered],
        "take_cover": [(f"tau_{t:.2f}", f"τ = {t:.2f}") for t in sorted(temperatures)],
    }
    tasks = {task: _read_task(root, task, names[task], held_out[task]) for task in TITLES}
    path = root / "take_cover" / "evaluation" / "blind.csv"
    return Inputs(root, seed, tasks, read_columns(path, OPEN_LOOP_COLUMNS, blank=("temperature",)))


def _read_task(root: Path, task: str, names: list[tuple[str, str]], held_out: Path) -> TaskResults:
    folder = root / task
    controllers = [_read_controller(folder, task, *name, names[0][0]) for name in names]
    paths = {kind: folder / kind / "model.safetensors" for kind in ("vision", "memory")}
    vision, _ = vision_model.load(paths["vision"], task)
    memory, _, _ = memory_model.load(paths["memory"], task)
    if memory.latent_size != vision.latent_size:
        raise WorldModelsError(
            f"{paths['memory']}: latent size {memory.latent_size}, but V's is "
            f"{vision.latent_size}; use the M that was trained on this V's latents"
        )
    shard = Shard(held_out, "rollouts", task)
    if shard.lengths.max() < 2:
        raise WorldModelsError(f"{held_out}: no episode has two frames; record longer ones")
    return TaskResults(
        name=task,
        title=TITLES[task],
        vision=vision,
        memory=memory,
        vision_parameters=read_parameters(folder / "vision" / "model.json", "vision", task),
        memory_parameters=read_parameters(folder / "memory" / "model.json", "memory", task),
        vision_curve=read_columns(folder / "vision" / "curve.csv", VISION_COLUMNS),
        memory_curve=read_columns(
            folder / "memory" / "curve.csv", MEMORY_COLUMNS, blank=("death", "reward")
        ),
        vision_metrics=read_metrics(folder / "vision" / "metrics.json", "vision_metrics", task),
        memory_metrics=read_metrics(folder / "memory" / "metrics.json", "memory_metrics", task),
        held_out=shard,
        random=read_scores(folder / "evaluation" / "random.csv")["score"],
        controllers=controllers,
    )


def _read_controller(folder: Path, task: str, name: str, label: str, first: str) -> Controller:
    home, scores = folder / "controllers" / name, folder / "evaluation"
    dreamt, foresight = None, None
    if name.startswith("tau_"):
        dreamt = _scores(scores / f"{name}.dream.csv", scores / f"{first}.dream.csv")
        path, blank = scores / f"{name}.foresight.csv", DEATH_PREDICTION_COLUMNS[-3:]
        foresight = read_columns(path, DEATH_PREDICTION_COLUMNS, blank=blank)
    return Controller(
        name=name,
        label=label,
        parameters=read_parameters(home / "model.json", "controller", task),
        fitness=read_fitness(home / "fitness.csv"),
        scores=_scores(scores / f"{name}.csv", scores / "random.csv"),
        dream_scores=dreamt,
        transfer=read_columns(scores / f"{name}.transfer.csv", TRANSFER_COLUMNS),
        foresight=foresight,
    )


def _scores(path: Path, other: Path) -> Scores:
    """Return the scores in a file, which must be of the same episodes as those in another.

    All controllers are scored on the same episodes; a file that lost its last rows shows here.
    """
    ours, others = read_scores(path), read_scores(other)
    if not np.array_equal(ours["seed"], others["seed"]):
        raise WorldModelsError(
            f"{path}: its episodes are not those of {other.name} ({len(ours['seed'])} rows, "
            f"{len(others['seed'])} there); delete both and run their stages again"
        )
    return ours["score"]
