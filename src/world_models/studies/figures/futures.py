"""Five futures that M samples from the same moment, with its mixture weights."""

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from world_models.memory.mixture import sample as sample_mixture
from world_models.memory.model import Prediction, State
from world_models.paper.imagination import Moment, frames_of
from world_models.paper.inputs import TaskResults
from world_models.paper.montage import compose
from world_models.paper.style import BLUE, GREEN, ORANGE, RED, SKY
from world_models.seeds import Purpose, derive
from world_models.vision.model import sample, to_frames, to_images

CAPTION = (
    "Up to a moment M sees a held-out episode; from then on each row is fed its own samples at "
    "τ = 1 and the recorded actions. On the right, at each step, the weights of the mixtures' "
    "components, averaged over the latent dimensions, the heaviest component of each dimension at "
    "the bottom."
)
SAMPLES, COLUMNS, EVERY, SHOWN = 5, 6, 6, 50
COLOURS = (BLUE, ORANGE, GREEN, RED, SKY)


def moment_of(results: TaskResults) -> Moment:
    """Return the moment `SHOWN` steps into the longest held-out episode; earlier if it is short."""
    episode = int(results.held_out.lengths.argmax())
    return Moment(episode, max(0, min(SHOWN, int(results.held_out.lengths[episode]) - 2)))


def _seen(results: TaskResults, moment: Moment) -> tuple[Tensor, State, Tensor, torch.Generator]:
    """Return z of the moment, M's state before it is fed z, the episode's actions, and noise."""
    rows, memory = results.held_out.episode(moment.episode), results.memory
    frames = np.asarray(results.held_out.rows["frames"][rows.start : rows.start + moment.step + 1])
    seed = derive(results.seed, Purpose.FIGURES, results.task.name, "futures")
    noise = torch.Generator().manual_seed(seed)
    mu, log_sigma2 = results.vision.encode(to_images(frames))
    z = sample(mu, log_sigma2, torch.randn(mu.shape, generator=noise))
    actions, state = torch.from_numpy(results.held_out.actions[rows]), memory.zero_state(1)
    for step in range(moment.step):
        restart = torch.full((1,), float(step == 0))
        state = memory.step(z[step : step + 1], actions[step : step + 1], restart, state)
    return z[-1:], state, actions, noise


@torch.inference_mode()
def observe(results: TaskResults, moment: Moment) -> tuple[Prediction, Tensor]:
    """Return M's prediction of the step after a moment, parts (L, K), and that step's μ, (L,)."""
    z, state, actions, _ = _seen(results, moment)
    restart = torch.full((1,), float(moment.step == 0))
    state = results.memory.step(z, actions[moment.step : moment.step + 1], restart, state)
    weights, means, sigmas = (part[0] for part in results.memory.heads(state.h)[:3])
    following, _ = results.vision.encode(to_images(frames_of(results, moment, 1)[1:]))
    return Prediction(weights, means, sigmas, None, None), following[0]


@torch.inference_mode()
def sampled(
    results: TaskResults, moment: Moment, ahead: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the futures' frames, (samples, ahead, 64, 64, 3), and weights, (samples, ahead, K).

    Each dimension's weights are sorted, heaviest first, then averaged over the dimensions.
    """
    memory = results.memory
    z, state, actions, noise = _seen(results, moment)
    z = z.expand(SAMPLES, -1)
    state = State(*(part.expand(SAMPLES, -1) for part in state))
    frames, weights = [], []
    for step in range(moment.step, moment.step + ahead):
        restart = torch.full((SAMPLES,), float(step == 0))
        state = memory.step(z, actions[step].expand(SAMPLES, -1), restart, state)
        prediction = memory.heads(state.h)
        uniforms = torch.rand(z.shape, generator=noise)
        z = sample_mixture(prediction, 1.0, uniforms, torch.randn(z.shape, generator=noise))
        frames.append(to_frames(results.vision.decode(z)))
        ordered = prediction.log_weights.exp().sort(dim=-1, descending=True).values
        weights.append(ordered.mean(dim=1).numpy())
    return np.stack(frames, axis=1), np.stack(weights, axis=1)


def draw(results: TaskResults) -> Figure:
    """Draw one row per future: its frames, and its weights step by step."""
    moment = moment_of(results)
    left = int(results.held_out.lengths[moment.episode]) - 1 - moment.step
    ahead = min(EVERY * COLUMNS, left)
    every = max(1, ahead // COLUMNS)
    frames, weights = sampled(results, moment, ahead)
    figure = Figure(figsize=(8, 1.05 * SAMPLES + 0.5), layout="constrained")
    grid = figure.subplots(SAMPLES, 2, width_ratios=(2.6, 1), squeeze=False)
    steps = np.arange(1, ahead + 1)
    for (pictures, bars), film, share in zip(grid, frames, weights, strict=True):
        shown = list(film[every - 1 :: every])
        pictures.imshow(compose([shown], len(shown))[0], interpolation="none")
        pictures.set_axis_off()
        bars.stackplot(steps, share.T, colors=[COLOURS[n % 5] for n in range(share.shape[1])])
        bars.set_ylim(0, 1)
        bars.set_yticks([0, 1])
    grid[0][0].set_title("every step" if every == 1 else f"every {every} steps")
    grid[0][1].set_title("weights")
    grid[-1][1].set_xlabel("steps")
    return figure
