"""Imagine how an episode continues, with the world model of PlaNet or a Dreamer."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.play.observers import Rows
from world_models.stage.command import run
from world_models.successors.futures import Imagine, Imagined, run_futures
from world_models.successors.rssm.agent import Agent
from world_models.successors.rssm.checkpoint import load
from world_models.successors.rssm.evaluate import load_actor
from world_models.successors.rssm.model import as_learnt
from world_models.successors.rssm.world_model import PARTS, RssmWorldModel
from world_models.tasks.contract import Task

FUTURES = 2


def imagine(
    agent: Agent, rows: Rows, moment: int, seed: int
) -> tuple[NDArray[np.float32], Imagined]:
    """Observe an episode up to a moment, then sample futures from the prior (`futures.Imagine`)."""
    model, generator = RssmWorldModel(agent.model, FUTURES), torch.Generator().manual_seed(seed)

    def noise(numbers: int) -> torch.Tensor:
        return torch.randn(FUTURES, numbers, generator=generator)

    def action(row: int) -> torch.Tensor:
        return torch.from_numpy(rows["actions"][row]).expand(FUTURES, -1)

    state = model.initial(FUTURES)
    for row in range(moment + 1):
        if row:
            state = model.advance(state, action(row))
        seen = np.repeat(rows["frames"][row : row + 1], FUTURES, 0)
        state = model.observe(state, seen, noise(model.observe_noise))
    frames, rewards = [], []
    for row in range(moment + 1, len(rows["frames"])):
        step = model.imagine(state, action(row), 1.0, noise(model.imagine_noise))
        assert step.reward is not None
        state = step.state
        frames.append(model.decode(model.features(state, PARTS)))
        rewards.append(step.reward.numpy())
    came = as_learnt(torch.from_numpy(rows["rewards"][moment + 1 :]), agent.settings)
    return came.numpy(), Imagined(np.stack(frames, 1), np.stack(rewards, 1))


def load_imagine(path: Path, task: Task) -> Imagine:
    """Return the `Imagine` of a trained agent's model."""
    agent, _, _ = load(path, task)
    return partial(imagine, agent)


def main(argv: list[str] | None = None) -> None:
    """Play an episode, imagine how it continues, and write both."""
    run_futures(load_actor, load_imagine, __doc__, argv)


if __name__ == "__main__":
    run(main)
