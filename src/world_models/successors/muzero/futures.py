"""Imagine the future rewards of an episode with MuZero's model, which draws no frames."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from world_models.play.observers import Rows
from world_models.stage.command import run
from world_models.successors.futures import Imagine, Imagined, run_futures
from world_models.successors.muzero.agent import Agent
from world_models.successors.muzero.checkpoint import load
from world_models.successors.muzero.evaluate import load_actor
from world_models.successors.muzero.sample import nearest
from world_models.tasks.contract import FRAME_SIZE, Task


@torch.inference_mode()
def imagine(
    agent: Agent, rows: Rows, moment: int, seed: int
) -> tuple[NDArray[np.float32], Imagined]:
    """Encode the last frames at a moment, then unroll the dynamics (`futures.Imagine`).

    There is only one future: nothing is sampled, so the seed has no effect.
    """
    network, history = agent.network, agent.settings.history
    assert agent.space.choices is not None
    actions = nearest(rows["actions"], agent.space.choices.numpy())
    frames = np.zeros((history, FRAME_SIZE, FRAME_SIZE, 3), dtype=np.uint8)
    between = np.zeros((history - 1, agent.space.size), dtype=np.float32)
    known = min(history, moment + 1)  # the rest, before the episode's start, stays 0
    frames[-known:] = rows["frames"][moment + 1 - known : moment + 1]
    if known > 1:
        between[1 - known :] = actions[moment + 2 - known : moment + 1]
    latent = network.represent(torch.from_numpy(frames)[None], torch.from_numpy(between)[None])
    rewards = []
    for action in torch.from_numpy(actions[moment + 1 :]):
        latent = network.advance(latent, action[None])
        rewards.append(network.predict(latent).reward.numpy())
    none = np.zeros((1, 0, FRAME_SIZE, FRAME_SIZE, 3), dtype=np.uint8)
    return rows["rewards"][moment + 1 :], Imagined(none, np.stack(rewards, 1))


def load_imagine(path: Path, task: Task) -> Imagine:
    """Return the `Imagine` of a trained agent's model."""
    return partial(imagine, load(path, task))


def main(argv: list[str] | None = None) -> None:
    """Play an episode, imagine how it continues, and write both."""
    run_futures(load_actor, load_imagine, __doc__, argv)


if __name__ == "__main__":
    run(main)
