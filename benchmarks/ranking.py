"""Do the shortcuts rank candidates as float32 does? `python -m benchmarks.ranking ROOT TASK NAME`.

Sixteen candidates from a trained controller's whole evolution (under ROOT; NAME is e.g. z_h or
tau_1.15) play where they were evolved: on the same seeds in float32 and with the shortcut that
ranks candidates (V in int8, or the dream in bfloat16), and in float32 on other seeds, which shows
the effect of chance. The seeds are those of figures, which are not used to train, select or score.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from world_models.controller.checkpoint import load
from world_models.controller.spec import AgentSpec
from world_models.evaluation.transfer import population
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.seeds import Purpose, derive
from world_models.tasks import get_task

SLOTS, CANDIDATES = 64, 16


@dataclass(frozen=True)
class Ranking:
    """Candidates, and how they play.

    Attributes:
        chosen: float32 (candidates, parameters).
        describe: maps `fast` to the specification of the agent and its environments.
        episodes: number of episodes of each candidate.
    """

    chosen: NDArray[np.float32]
    describe: Callable[[bool], AgentSpec]
    episodes: int

    def scores(self, fast: bool, stream: str) -> NDArray[np.float64]:
        """Return each candidate's mean score on the seeds of a stream, (candidates,)."""
        spec = self.describe(fast)
        actor, environments = spec.build()
        actor.candidates = self.chosen
        seeds = [
            derive(1, Purpose.FIGURES, spec.task, "agreement", stream, n)
            for n in range(self.episodes)
        ]
        every = [Assignment(c, seed) for c in range(len(self.chosen)) for seed in seeds]
        played = play(actor, environments, every)
        environments.close()
        return np.array([each.score for each in played]).reshape(len(self.chosen), -1).mean(axis=1)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="do the shortcuts rank candidates as float32 does")
    parser.add_argument("root", type=Path)
    parser.add_argument("task")
    parser.add_argument("controller")
    parser.add_argument("--episodes", type=int, default=64, help="of each candidate")
    args = parser.parse_args()
    torch.set_num_threads(1)
    task, folder = get_task(args.task), args.root / args.task
    place = folder / "controllers" / args.controller
    parameters, about = load(place / "model.safetensors", task.name)
    settings, dreams = about["settings"], about["temperature"] is not None
    chosen = population(place / "fitness.jsonl", about, parameters.size, CANDIDATES).parameters
    vision, memory = (folder / kind / "model.safetensors" for kind in ("vision", "memory"))

    def describe(fast: bool) -> AgentSpec:
        return AgentSpec(
            task.name, task.environment, about["variant"], None if dreams else vision, memory,
            SLOTS, settings["sees_cell"], settings["bias"], about["temperature"], fast=fast,
        )  # fmt: skip

    ranking = Ranking(chosen, describe, args.episodes)
    exact = ranking.scores(False, "a")
    print("| ranked in | mean score | less float32's | rank correlation |\n|---|---|---|---|")
    print(f"| float32 | {exact.mean():.1f} | | |", flush=True)
    shortcut = "the dream in bfloat16" if dreams else "V in int8"
    for what, fast, stream in ((shortcut, True, "a"), ("float32, other seeds", False, "b")):
        found = ranking.scores(fast, stream)
        off = found - exact
        error = off.std(ddof=1) / len(off) ** 0.5
        ranks = stats.spearmanr(found, exact).statistic
        print(
            f"| {what} | {found.mean():.1f} | {off.mean():.1f} ± {error:.1f} | {ranks:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
