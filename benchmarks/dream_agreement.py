"""What dreaming in bfloat16 does to candidates: `python -m benchmarks.dream_agreement ROOT TAU`.

Sixteen candidates of a trained Take Cover controller's whole evolution dream under ROOT's M
(results/lab, say; TAU is tau_1.15): on the same seeds in float32 and in bfloat16, and in float32
on other seeds, which says what chance alone does. Seeds are those of figures.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from world_models.controller.agent import DreamAgent
from world_models.controller.checkpoint import load
from world_models.controller.policies import get_policy
from world_models.dream.engine import Dream
from world_models.evaluation.transfer import population
from world_models.memory import model as memory_model
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.seeds import Purpose, derive
from world_models.tasks import get_task
from world_models.world_model.vision_memory import VisionMemory

TASK = get_task("take_cover")
SLOTS, LIMIT, CANDIDATES = 64, 2100, 16


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="what dreaming in bfloat16 does to candidates")
    parser.add_argument("root", type=Path)
    parser.add_argument("controller")
    parser.add_argument("--dreams", type=int, default=64, help="of each candidate")
    args = parser.parse_args()
    torch.set_num_threads(1)
    folder = args.root / TASK.name
    memory, initial, _ = memory_model.load(folder / "memory/model.safetensors", TASK.name)
    place = folder / "controllers" / args.controller
    parameters, about = load(place / "model.safetensors", TASK.name)
    chosen = population(place / "fitness.jsonl", about, parameters.size, CANDIDATES).parameters
    sees = (about["settings"]["sees_cell"], about["settings"]["bias"])
    sizes = (TASK.action_size, memory.latent_size, memory.hidden_size, *sees)
    policy = get_policy(about["variant"], *sizes)

    def survived(fast: bool, stream: str) -> NDArray[np.float64]:
        """Return each candidate's mean, in steps."""
        model = VisionMemory(None, memory, initial, SLOTS, fast)
        agent = DreamAgent(model, policy, TASK.squash)
        agent.candidates = chosen
        seeds = [
            derive(1, Purpose.FIGURES, TASK.name, "agreement", stream, n)
            for n in range(args.dreams)
        ]
        assignments = [Assignment(c, seed) for c in range(len(chosen)) for seed in seeds]
        episodes = play(agent, Dream(model, about["temperature"], LIMIT), assignments)
        return np.array([each.score for each in episodes]).reshape(len(chosen), -1).mean(axis=1)

    exact = survived(False, "a")
    print("| dreams | steps survived | less float32's | rank correlation |\n|---|---|---|---|")
    print(f"| float32 | {exact.mean():.1f} | | |", flush=True)
    for what, fast, stream in (("bfloat16", True, "a"), ("float32, other seeds", False, "b")):
        found = survived(fast, stream)
        off = found - exact
        error = off.std(ddof=1) / len(off) ** 0.5
        ranks = stats.spearmanr(found, exact).statistic
        print(
            f"| {what} | {found.mean():.1f} | {off.mean():.1f} ± {error:.1f} | {ranks:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
