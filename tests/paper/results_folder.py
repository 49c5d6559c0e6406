"""A small folder of results, with real stores and checkpoints and known scores."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from world_models.controller import checkpoint as controller_model
from world_models.controller.names import temperature_of, variant_of
from world_models.controller.policies import get_policy
from world_models.memory.model import Initial, Memory, save
from world_models.rollouts.store import write_store
from world_models.storage import checkpoints
from world_models.storage.files import digest, write_json
from world_models.tasks import get_task
from world_models.tasks.contract import Task
from world_models.vision.model import Vision

LATENT, UNITS = 3, 8
VARIANTS = ("z", "z_hidden", "z_h")
TEMPERATURES = ("0.10", "1.15", "2.00")  # the paper has no 2.00
LENGTHS = {"car_racing": (40, 40), "take_cover": (30, 9, 25)}  # of episodes, by kind of task

SCORES = {  # of four episodes, with their mean and standard deviation computed by hand
    "random": ([-30.0, -34.0, -30.0, -34.0], -32.0, 2.309401),
    "z": ([600.0, 640.0, 620.0, 660.0], 630.0, 25.819889),
    "z_hidden": ([700.0, 700.0, 700.0, 700.0], 700.0, 0.0),
    "z_h": ([900.0, 910.0, 905.0, 897.0], 903.0, 5.715476),
    "tau_0.10": ([200.0, 190.0, 180.0, 230.0], 200.0, 21.602469),
    "tau_0.10.dream": ([2100.0, 2100.0, 2100.0, 2000.0], 2075.0, 50.0),
    "tau_1.15": ([2100.0, 500.0, 900.0, 700.0], 1050.0, 718.795288),
    "tau_1.15.dream": ([900.0, 1000.0, 800.0, 900.0], 900.0, 81.649658),
    "tau_2.00": ([10.0, 20.0, 30.0, 40.0], 25.0, 12.909944),
    "tau_2.00.dream": ([50.0, 60.0, 70.0, 80.0], 65.0, 12.909944),
}


TASKS: dict[str, dict[str, Any]] = {
    "car_racing": {
        "name": "car_racing",
        "environment": {"kind": "car_racing", "max_steps": 40},
        "evolved_in": "reality",
        "controllers": ["z_h", "z", "z_hidden"],
    },
    "take_cover": {
        "name": "take_cover",
        "environment": {"kind": "take_cover", "max_steps": 40, "resolution": "160x120"},
        "evolved_in": "dream",
        "controllers": ["tau_2.00", "tau_0.10", "tau_1.15"],
    },
}


OPEN_LOOP = {
    "car_racing": "temperature,straight,left,right,weaving\n"
    ",40.0,5.0,6.0,-10.0\n1.15,60.0,7.0,8.0,0.0\n",
    "take_cover": "temperature,still,left,right,swing_20,swing_60\n"
    ",140.0,167.5,160.0,217.0,505.0\n1.15,141.0,446.0,233.0,162.0,549.0\n",
}


def scores_csv(scores: list[float], first_seed: int = 5) -> str:
    """Return the text of an evaluation's CSV."""
    rows = [f"{n},{first_seed + n},100,{score!r},death" for n, score in enumerate(scores)]
    return "\n".join(["episode,seed,steps,score,end", *rows, ""])


def build(root: Path, tasks: Sequence[dict[str, Any]] = tuple(TASKS.values())) -> Path:
    """Write everything that `world_models.paper.make` reads for these tasks; return `root`."""
    for task in tasks:
        name, folder = task["name"], root / task["name"]
        (folder / "evaluation").mkdir(parents=True)
        about = get_task(name, task["environment"])
        write_models(folder, about)
        write_rollouts(folder / "evaluation" / "examples.json", about)
        write_scores(folder / "evaluation", "random")
        for controller in task["controllers"]:
            home = folder / "controllers" / controller
            home.mkdir(parents=True)
            write_controller(home / "model.safetensors", about)
            (home / "fitness.csv").write_text(
                "generation,best,mean,worst,validation\n1,10.0,5.0,-1.0,\n2,12.0,6.0,0.5,7.0\n"
            )
            write_scores(folder / "evaluation", controller)
            if task["evolved_in"] == "dream":
                write_scores(folder / "evaluation", f"{controller}.dream", first_seed=1000)
                if about.kind == "take_cover":  # whose M predicts death
                    (folder / "evaluation" / f"{controller}.death_prediction.csv").write_text(
                        "episodes,steps,foretold,deaths,death_precision,death_recall,death_auc\n"
                        "5,4000,8,5,0.25,0.4,\n"
                    )
            (folder / "evaluation" / f"{controller}.transfer.csv").write_text(
                "generation,evolved,real\n1,100.0,10.0\n4,300.0,40.0\n9,200.0,25.0\n12,250.0,20.0\n"
            )
        if task["evolved_in"] == "dream":
            (folder / "evaluation" / "open_loop.csv").write_text(OPEN_LOOP[about.kind])
    return root


def write_scores(folder: Path, name: str, first_seed: int = 5) -> None:
    """Write an evaluation's CSV with the scores of `SCORES[name]`."""
    (folder / f"{name}.csv").write_text(scores_csv(SCORES[name][0], first_seed))


def write_controller(path: Path, about: Task) -> None:
    """Write an untrained C; its folder's name gives its variant and temperature."""
    name, bias = path.parent.name, about.kind == "car_racing"
    policy = get_policy(variant_of(name), about.action_size, LATENT, UNITS, not bias, bias)
    parameters = np.random.default_rng(5).normal(size=policy.parameters).astype(np.float32)
    controller_model.save(
        path, about.name, parameters, variant=variant_of(name), temperature=temperature_of(name),
        models={}, settings={"sees_cell": not bias, "bias": bias},
    )  # fmt: skip


def write_models(folder: Path, about: Task) -> None:
    """Write an untrained V and M, with metrics and training curves."""
    for kind in ("vision", "memory"):
        (folder / kind).mkdir()
    task, generator = about.name, torch.Generator().manual_seed(1)
    vision = Vision(LATENT)
    with torch.no_grad():
        for parameter in vision.parameters():
            parameter.normal_(0, 0.05, generator=generator)
    checkpoints.save(
        folder / "vision" / "model.safetensors", "vision", task, vision.state_dict(),
        settings={"latent_size": LATENT}, parameters=4_348_547,
    )  # fmt: skip
    dies = task == "take_cover"
    memory = Memory(LATENT, about.action_size, UNITS, 2, dies, not dies, dies)
    memory.initialise(generator)
    firsts = Initial(torch.zeros(4, LATENT), torch.zeros(4, LATENT))
    of_vision = digest(folder / "vision" / "model.safetensors")
    save(folder / "memory" / "model.safetensors", task, memory, firsts, vision=of_vision)
    seen = {"reconstruction_error": 27.5, "mean_image_error": 44.0, "active_dimensions": 9}
    write_json(folder / "vision" / "metrics.json", {"kind": "vision_metrics", "task": task, **seen})
    guessed = {"nll": 0.5, "copy_nll": 0.75, "nll_other_actions": 0.625, "death_recall": None}
    write_json(
        folder / "memory" / "metrics.json", {"kind": "memory_metrics", "task": task, **guessed}
    )
    (folder / "vision" / "curve.csv").write_text(
        "step,epoch,loss,reconstruction,kl\n0,0,30.0,20.0,10.0\n1,0,28.0,19.0,9.0\n"
    )
    death = "0.5" if dies else ""
    reward = "0.25" if not dies else ""
    (folder / "memory" / "curve.csv").write_text(
        f"step,epoch,loss,nll,death,reward\n0,0,1.5,1.0,{death},{reward}\n"
    )


def write_rollouts(manifest: Path, task: Task) -> None:
    """Write a held-out shard with frames of random pixels."""
    rng, lengths = np.random.default_rng(7), LENGTHS[task.kind]
    steps = sum(lengths)
    write_store(manifest, "rollouts", task.name, [{
        "frames": rng.integers(0, 256, (steps, 64, 64, 3), dtype=np.uint8),
        "actions": rng.uniform(-1, 1, (steps, task.action_size)).astype(np.float32),
        "rewards": np.ones(steps, dtype=np.float32),
        "lengths": np.array(lengths),
        "ends": np.ones(len(lengths), dtype=np.uint8),
        "seeds": np.arange(len(lengths)),
    }])  # fmt: skip


def arguments(
    root: Path, output: Path, tasks: Sequence[dict[str, Any]] = tuple(TASKS.values())
) -> list[str]:
    """Return the stage's command line for a folder that `build` made."""
    return [
        "--root", str(root), "--output", str(output), "--seed", "3",
        "--tasks", json.dumps(tasks), "--log", str(root / "log.txt"),
        "--target", "results/smoke/paper_tables",
    ]  # fmt: skip
