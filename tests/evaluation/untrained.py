"""Small untrained models in a scale's folder, with real scores."""

import json
import subprocess
from pathlib import Path

import numpy as np
import torch

from tests.finished import ROOT, run
from world_models.controller import checkpoint as controller_model
from world_models.controller.policies import get_policy
from world_models.memory.model import Initial, Memory
from world_models.memory.model import save as save_memory
from world_models.storage import checkpoints
from world_models.storage.files import digest
from world_models.tasks import get_task
from world_models.vision.model import KIND as VISION
from world_models.vision.model import Vision

LATENT, UNITS = 8, 16
ENVIRONMENTS = {
    "car_racing": {"max_steps": 60},
    "take_cover": {"max_steps": 120, "skill": 5, "resolution": "160x120"},
}
EVALUATION = {"episodes": 5, "slots": 3}  # units of work of three and two episodes
DREAM_EVALUATION = {"episodes": 4, "slots": 3}  # units of three and one
SEES = {"car_racing": {"sees_cell": False, "bias": True}}  # what each task's controllers see
SEES["take_cover"] = {"sees_cell": True, "bias": False}
SHOWN = {"car_racing": "z", "take_cover": "tau_1.15"}  # one controller without M and one with M


def write_models(folder: Path, task: str) -> None:
    """Write V, M and one controller, laid out as in a scale's folder; CarRacing gets no M."""
    about, name = get_task(task), SHOWN[task]
    torch.manual_seed(0)
    vision = Vision(LATENT)
    with torch.no_grad():
        vision.deconvolutions[-1].weight.mul_(30)  # otherwise its images would be plain grey
    paths = {kind: folder / kind / "model.safetensors" for kind in ("vision", "memory")}
    checkpoints.save(
        paths["vision"], VISION, task, vision.state_dict(), settings={"latent_size": LATENT}
    )
    models = {"vision": digest(paths["vision"])}
    if task == "take_cover":
        memory = Memory(LATENT, about.action_size, UNITS, 5, True, False, True)
        with torch.no_grad():
            memory.output.bias[-1] = -1.5  # so that dreams last several steps
        initial = Initial(torch.randn(4, LATENT), torch.zeros(4, LATENT))
        save_memory(paths["memory"], task, memory, initial, vision=models["vision"])
        models = {"memory": digest(paths["memory"])}
    variant, temperature = ("z", None) if task == "car_racing" else ("z_h", 1.15)
    size = get_policy(variant, about.action_size, LATENT, UNITS, **SEES[task]).parameters
    parameters = np.random.default_rng(0).normal(size=size).astype(np.float32)
    controller_model.save(
        folder / "controllers" / name / "model.safetensors", task, parameters,
        variant=variant, temperature=temperature, models=models, settings=SEES[task],
    )  # fmt: skip


def options(root: Path, task: str) -> list[str]:
    """Return the options that the stages for scores and films both get for a task's controller."""
    folder = root / task
    chosen = [
        "--task", task, "--environment", json.dumps(ENVIRONMENTS[task]),
        "--controller", str(folder / "controllers" / SHOWN[task] / "model.safetensors"),
        "--vision", str(folder / "vision" / "model.safetensors"),
    ]  # fmt: skip
    memory = folder / "memory" / "model.safetensors"
    return [*chosen, *(["--memory", str(memory)] if memory.exists() else [])]


def write_scores(root: Path, task: str, dream: bool = False) -> Path:
    """Score the task's controller with the stage; return the path of the CSV."""
    name = f"{SHOWN[task]}.dream.csv" if dream else f"{SHOWN[task]}.csv"
    output = root / task / "evaluation" / name
    settings = DREAM_EVALUATION if dream else EVALUATION
    run(
        "python", "-m", "world_models.evaluation.scores", *options(root, task),
        "--settings", json.dumps(settings), "--output", str(output),
        *(["--dream"] if dream else []), cwd=ROOT,
    )  # fmt: skip
    return output


def build(place: Path) -> Path:
    """Write a config.yaml and a results/smoke with both tasks' models and scores."""
    tasks = {
        task: {
            "environment": ENVIRONMENTS[task],
            "evaluation": EVALUATION,
            "dream_evaluation": DREAM_EVALUATION,
        }
        for task in SHOWN
    }
    runtime = {"controller_workers": 1, "evaluation_workers": 1}
    (place / "config.yaml").write_text(json.dumps({"runtime": runtime, "scales": {"smoke": tasks}}))
    for task in SHOWN:
        write_models(place / "results" / "smoke" / task, task)
        write_scores(place / "results" / "smoke", task)
    write_scores(place / "results" / "smoke", "take_cover", dream=True)
    return place


def tool(place: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a tool in `place`, as `make` does."""
    script = str(ROOT / "tools" / f"{name}.py")
    return run("python", script, *arguments, cwd=place, check=False, PYTHONPATH=str(ROOT / "src"))
