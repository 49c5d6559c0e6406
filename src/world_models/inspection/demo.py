"""Export trained models for the browser demo: ONNX graphs, controllers, frames, curves.

    python -m world_models.inspection.demo --models results/lab --output demo/public/models

Each task gets its own folder below --output. Arrays are raw little-endian files, float32 or uint8;
`task.json` has their sizes. With --reference, TASK.json in that folder has inputs and PyTorch's
answers, for the page's tests.
"""

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.controller.checkpoint import load as load_controller
from world_models.environments.trained import load
from world_models.inspection import onnx_models
from world_models.memory.model import Memory
from world_models.paper.reading import read_fitness
from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import Recorder, Rows
from world_models.seeds import Purpose, derive
from world_models.stage.command import run
from world_models.storage.files import atomic
from world_models.tasks import PAPER_TASKS
from world_models.tasks.contract import Task
from world_models.vision.model import Vision, to_images

BEGINNINGS = 64  # recorded first frames from which dreams start
FRAMES = 24  # recorded frames to reconstruct


def write_array(path: Path, values: NDArray[Any]) -> None:
    """Write an array's bytes, little-endian."""
    with atomic(path) as temporary:
        np.ascontiguousarray(values).tofile(temporary)


def write_text(path: Path, content: Any) -> None:
    """Write JSON."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")


def recorded(task: Task) -> NDArray[np.uint8]:
    """Return evenly spaced frames of one random-policy episode, (FRAMES, 64, 64, 3)."""
    kept: list[Rows] = []
    actor = BehaviourActor(task.behaviours[task.random_behaviour], 1, task.action_size)
    seed = derive(1, Purpose.FIGURES, task.name, "demo")
    environments = task.make_training(1)
    try:
        play(actor, environments, [Assignment(0, seed)], [Recorder(kept.append)])
    finally:
        environments.close()
    frames: NDArray[np.uint8] = kept[0]["frames"]
    return frames[np.linspace(0, len(frames) - 1, FRAMES).astype(int)]


def curve(path: Path) -> list[list[float | None]]:
    """Return generation, mean, best and validation, one row per generation of an evolution."""
    found = read_fitness(path)
    columns = [found[name].tolist() for name in ("generation", "mean", "best", "validation")]
    return [[None if math.isnan(x) else x for x in row] for row in zip(*columns, strict=True)]


def controllers(folder: Path, output: Path, task: str) -> list[dict[str, Any]]:
    """Write a task's linear controllers that see M's state; describe them for the page."""
    found = []
    for path in sorted(folder.glob("controllers/*/model.safetensors")):
        parameters, about = load_controller(path, task)
        name = path.parent.name
        if about["variant"] != "z_h":
            continue
        write_array(output / f"{name}.bin", parameters.astype("<f4"))
        found.append(
            {
                "name": name,
                "temperature": about["temperature"],
                "sees": ["z", "c", "h"] if about["settings"]["sees_cell"] else ["z", "h"],
                "bias": about["settings"]["bias"],
                "curve": curve(path.parent / "fitness.csv"),
            }
        )
    return found


@torch.inference_mode()
def reference(vision: Vision, memory: Memory) -> dict[str, Any]:
    """Return some inputs and PyTorch's answers to them, as nested lists."""
    draw = torch.Generator().manual_seed(1)
    z = torch.randn(4, memory.latent_size, generator=draw)
    action = torch.rand(4, memory.action_size, generator=draw) * 2 - 1
    restart = torch.tensor([1.0, 0, 0, 0])
    h, c = (torch.randn(4, memory.hidden_size, generator=draw) * 0.3 for _ in range(2))
    state = memory.step(z, action, restart, (h, c))
    found = memory.heads(state.h)
    answers = {"next_h": state.h, "next_c": state.c, "image": vision.decode(z)[:, :, ::8, ::8]}
    for name in ("means", "log_sigmas"):
        answers[name] = getattr(found, name).transpose(-1, -2)
    answers["log_weights"] = found.log_weights.transpose(-1, -2)
    if found.death_logit is not None:
        answers["death"] = found.death_logit[:, None]
    if found.reward is not None:
        answers["reward"] = found.reward[:, None]
    inputs = {"z": z, "action": action, "restart": restart[:, None], "h": h, "c": c}
    return {
        "inputs": {name: values.tolist() for name, values in inputs.items()},
        "answers": {name: values.tolist() for name, values in answers.items()},
    }


@torch.inference_mode()
def export(name: str, models: Path, output: Path, answers: Path | None) -> None:
    """Write all that the page needs for a task, and reference answers if a file is given."""
    output.mkdir(parents=True, exist_ok=True)
    found = load(name, models, 1)
    vision, memory = found.vision, found.model.memory
    assert memory is not None
    graphs = {"decoder": onnx_models.decoder(vision), "memory": onnx_models.memory(memory)}
    for what, graph in graphs.items():
        with atomic(output / f"{what}.onnx") as temporary:
            temporary.write_bytes(graph.SerializeToString())
    frames = recorded(found.task)
    mu, _ = vision.encode(to_images(frames))
    write_array(output / "frames.bin", frames)
    write_array(output / "latents.bin", mu.numpy().astype("<f4"))
    beginnings = np.stack([part[:BEGINNINGS] for part in found.model.first_frames])
    write_array(output / "beginnings.bin", beginnings.astype("<f4"))
    about = {
        "name": name,
        "title": found.task.title,
        "score": found.task.score,
        "steps_per_second": found.task.steps_per_second,
        "max_steps": found.task.max_steps,
        "latent_size": memory.latent_size,
        "hidden_size": memory.hidden_size,
        "action_size": memory.action_size,
        "mixtures": memory.mixtures,
        "frames": len(frames),
        "beginnings": beginnings.shape[1],
        "controllers": controllers(models / name, output, name),
    }
    write_text(output / "task.json", about)
    if answers is not None:
        answers.parent.mkdir(parents=True, exist_ok=True)
        write_text(answers, reference(vision, memory))


def main(argv: list[str] | None = None) -> None:
    """Export the tasks of a scale."""
    parser = argparse.ArgumentParser(description="export trained models for the page")
    parser.add_argument("--models", type=Path, required=True, help="a scale, e.g. results/lab")
    parser.add_argument("--output", type=Path, required=True, help="a folder")
    parser.add_argument("--reference", type=Path, help="a folder for inputs and PyTorch's answers")
    parser.add_argument("--tasks", nargs="+", default=PAPER_TASKS)
    args = parser.parse_args(argv)
    for name in args.tasks:
        answers = args.reference / f"{name}.json" if args.reference else None
        export(name, args.models, args.output / name, answers)


if __name__ == "__main__":
    run(main)
