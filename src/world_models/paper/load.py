"""Read and check all results before anything is written."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from world_models.errors import WorldModelsError
from world_models.memory import model as memory_model
from world_models.memory.model import Memory
from world_models.paper.inputs import Controller, Inputs, Scores, TaskResults
from world_models.paper.reading import (
    read_columns,
    read_fitness,
    read_metrics,
    read_parameters,
    read_scores,
)
from world_models.paper.sources import Source
from world_models.rollouts.store import Shard
from world_models.storage import columns
from world_models.vision import model as vision_model


def load(root: Path, sources: Sequence[Source], seed: int) -> Inputs:
    """Read the results of these tasks.

    Args:
        root: the folder of a scale or a study.
        sources: the tasks, in the order of the page.
        seed: the run's seed, from which the figures' samples derive.

    Raises:
        WorldModelsError: a file is missing, empty, truncated, altered, of another task or
            contradicts another one.
    """
    return Inputs(root, seed, {source.name: _load_task(root, source, seed) for source in sources})


def _load_task(root: Path, source: Source, seed: int) -> TaskResults:
    task, name = source.task, source.name

    def at(file: str) -> Path:
        return source.path(root, file)

    vision, _ = vision_model.load(at("vision/model.safetensors"), name)
    memory, initial, _ = memory_model.load(at("memory/model.safetensors"), name)
    if memory.latent_size != vision.latent_size:
        raise WorldModelsError(
            f"{at('memory/model.safetensors')}: latent size {memory.latent_size}, but V's is "
            f"{vision.latent_size}; use the M that was trained on this V's latents"
        )
    held_out = Shard(at("evaluation/examples.json"), "rollouts", name)
    if held_out.lengths.max() < 2:
        raise WorldModelsError(f"{held_out.path}: no episode has two frames; record longer ones")
    open_loop = None
    if source.evolved_in == "dream" and task.open_loop:
        header = columns.open_loop(task.open_loop)
        path = at("evaluation/open_loop.csv")
        open_loop = read_columns(path, header, blank=("temperature",))
        if np.isnan(open_loop["temperature"]).sum() != 1:
            raise WorldModelsError(
                f"{path}: expected exactly one row without a temperature (the real "
                "environment's); run its stage again"
            )
    return TaskResults(
        task=task,
        evolved_in=source.evolved_in,
        seed=seed,
        path=at,
        vision=vision,
        memory=memory,
        initial=initial,
        vision_parameters=read_parameters(at("vision/model.json"), "vision", name),
        memory_parameters=read_parameters(at("memory/model.json"), "memory", name),
        vision_curve=read_columns(at("vision/curve.csv"), columns.VISION_CURVE),
        memory_curve=read_columns(
            at("memory/curve.csv"), columns.MEMORY_CURVE, blank=("death", "reward")
        ),
        vision_metrics=read_metrics(at("vision/metrics.json"), "vision_metrics", name),
        memory_metrics=read_metrics(at("memory/metrics.json"), "memory_metrics", name),
        held_out=held_out,
        random=read_scores(at("evaluation/random.csv"))["score"],
        controllers=_load_controllers(root, source, memory),
        open_loop=open_loop,
    )


def _load_controllers(root: Path, source: Source, memory: Memory) -> list[Controller]:
    def at(file: str) -> Path:
        return source.path(root, file)

    ordered, found = source.ordered(), []
    for name, label in ordered:
        scores = f"evaluation/{name}"
        dreamt, deaths = None, None
        if source.evolved_in == "dream":
            first = f"evaluation/{ordered[0][0]}.dream.csv"
            dreamt = _scores(at(f"{scores}.dream.csv"), at(first))
            if memory.predicts_death:
                path, blank = at(f"{scores}.death_prediction.csv"), columns.DEATH_RATES
                deaths = read_columns(path, columns.DEATH_PREDICTION, blank=blank)
        about = at(f"controllers/{name}/model.json")
        found.append(
            Controller(
                name=name,
                label=label,
                parameters=read_parameters(about, "controller", source.name),
                fitness=read_fitness(at(f"controllers/{name}/fitness.csv")),
                scores=_scores(at(f"{scores}.csv"), at("evaluation/random.csv")),
                dream_scores=dreamt,
                transfer=read_columns(at(f"{scores}.transfer.csv"), columns.TRANSFER),
                death_prediction=deaths,
            )
        )
    return found


def _scores(path: Path, other: Path) -> Scores:
    """Return the scores in a file, which must have the same episodes as another file.

    All controllers are scored on the same episodes, so this detects a file that lost its last rows.
    """
    ours, others = read_scores(path), read_scores(other)
    if not np.array_equal(ours["seed"], others["seed"]):
        raise WorldModelsError(
            f"{path}: its episodes are not those of {other.name} ({len(ours['seed'])} rows, "
            f"{len(others['seed'])} there); delete both and run their stages again"
        )
    return ours["score"]
