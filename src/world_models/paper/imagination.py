"""Held-out episodes as V reconstructs them, and as M continues them in its dreams."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from world_models.memory.mixture import sample as sample_mixture
from world_models.paper.inputs import TaskResults
from world_models.seeds import Purpose, derive
from world_models.vision.model import sample, to_frames, to_images


@dataclass(frozen=True)
class Moment:
    """A step of a held-out episode: `step` of `episode`, both counted from 0."""

    episode: int
    step: int


@torch.inference_mode()
def reconstruct(results: TaskResults, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return V's reconstructions of frames, uint8 (N, 64, 64, 3), decoded from μ."""
    mu, _ = results.vision.encode(to_images(frames))
    return to_frames(results.vision.decode(mu))


def frames_of(results: TaskResults, moment: Moment, ahead: int) -> NDArray[np.uint8]:
    """Return the frame of a moment and those of the `ahead` steps after it, (ahead + 1, …)."""
    start = int(results.held_out.starts[moment.episode]) + moment.step
    return np.asarray(results.held_out.rows["frames"][start : start + ahead + 1])


def imagine(
    results: TaskResults, moment: Moment, ahead: int, temperature: float, samples: int, seed: int,
    held: NDArray[np.float32] | None = None,
) -> NDArray[np.uint8]:  # fmt: skip
    """Return what M dreams after a moment, decoded by V; the arguments are those of `dream_on`.

    Returns:
        uint8, (samples, ahead, 64, 64, 3); index t of axis 1 is t + 1 steps after the moment.
    """
    z = dream_on(results, moment, ahead, temperature, samples, seed, held)
    frames = to_frames(results.vision.decode(z.flatten(0, 1)))
    return frames.reshape(samples, ahead, *frames.shape[1:])


@torch.inference_mode()
def dream_on(
    results: TaskResults, moment: Moment, ahead: int, temperature: float, samples: int, seed: int,
    held: NDArray[np.float32] | None = None,
) -> Tensor:  # fmt: skip
    """Return the latents that M dreams after a moment of a held-out episode.

    M first observes the episode up to the moment: it is fed z sampled from V's encoding of each
    recorded frame, and the recorded action. From then on it is fed its own samples, and still
    the recorded actions, or those in `held`.

    Args:
        results: V, M and the episodes.
        moment: the last frame that M is shown.
        ahead: steps to dream; without `held`, at most as many as the episode has left.
        temperature: τ of the samples.
        samples: independent dreams.
        seed: the run's; the dreams' noise derives from it, the task, the moment and τ.
        held: actions from the moment on, (ahead, action_size).

    Returns:
        (samples, ahead, latent_size); index t of axis 1 is t + 1 steps after the moment.
    """
    memory, rows = results.memory, results.held_out.episode(moment.episode)
    frames = np.asarray(results.held_out.rows["frames"][rows.start : rows.start + moment.step + 1])
    actions = torch.from_numpy(results.held_out.actions[rows])
    if held is not None:
        actions = torch.cat([actions[: moment.step], torch.from_numpy(held)])
    index = (results.task.name, moment.episode, moment.step, f"{temperature:.2f}")
    generator = torch.Generator().manual_seed(derive(seed, Purpose.FIGURES, *index))

    mu, log_sigma2 = results.vision.encode(to_images(frames))
    seen = sample(mu, log_sigma2, torch.randn(mu.shape, generator=generator))
    state, shape = memory.zero_state(samples), (samples, memory.latent_size)
    dreamt: list[Tensor] = []
    for step in range(moment.step + ahead):
        z = seen[step].expand(shape) if step <= moment.step else dreamt[-1]
        restart = torch.full((samples,), float(step == 0))
        state = memory.step(z, actions[step].expand(samples, -1), restart, state)
        if step >= moment.step:
            uniforms = torch.rand(shape, generator=generator)
            normals = torch.randn(shape, generator=generator)
            prediction = memory.heads(state.h)
            dreamt.append(sample_mixture(prediction, temperature, uniforms, normals))
    return torch.stack(dreamt, dim=1)
