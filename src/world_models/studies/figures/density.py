"""The density that M predicts for one latent dimension, at several temperatures."""

import math

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from world_models.memory.mixture import moments
from world_models.memory.model import Prediction
from world_models.paper.inputs import TaskResults
from world_models.paper.style import BLUE, GREEN, GREY, ORANGE, RED, SKY
from world_models.studies.figures.futures import moment_of, observe

CAPTION = (
    "What M predicts of the next value of one latent dimension, after it has seen the first part "
    "of a held-out episode: the density of its mixture of normals, whose log weights are divided "
    "by τ and whose variances are multiplied by τ. It is the dimension whose components lie "
    "furthest apart. The dashed line is the value that followed (μ)."
)
TEMPERATURES = (0.1, 0.5, 1.0, 1.15, 1.3)
COLOURS = (BLUE, SKY, GREEN, ORANGE, RED)
POINTS = 400


def density(
    prediction: Prediction, x: NDArray[np.float64], temperature: float
) -> NDArray[np.float64]:
    """Return the density at τ of one dimension's mixture, (K,), at each x, (n,)."""
    weights = torch.softmax(prediction.log_weights / temperature, dim=-1).double().numpy()
    means, sigmas = (
        prediction.means.double().numpy(),
        prediction.log_sigmas.exp().double().numpy() * math.sqrt(temperature),
    )
    scaled = (x[:, None] - means) / sigmas
    normals = np.exp(-0.5 * scaled**2) / (sigmas * math.sqrt(2 * math.pi))
    total: NDArray[np.float64] = (weights * normals).sum(axis=1)
    return total


def draw(results: TaskResults) -> Figure:
    """Draw one line per temperature."""
    moment = moment_of(results)
    prediction, following = observe(results, moment)
    mean, variance = moments(prediction, 1.0)
    within = (prediction.log_weights.exp() * torch.exp(2 * prediction.log_sigmas)).sum(dim=-1)
    apart = 1 - within / variance  # the share of the variance that lies between components
    dimension = int(apart.argmax())
    weights, means, sigmas = (part[dimension] for part in prediction[:3])
    one = Prediction(weights, means, sigmas, None, None)
    spread = 4 * float(variance[dimension].sqrt())
    x = np.linspace(float(mean[dimension]) - spread, float(mean[dimension]) + spread, POINTS)
    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.subplots()
    for temperature, colour in zip(TEMPERATURES, COLOURS, strict=True):
        axes.plot(x, density(one, x, temperature), color=colour, label=f"τ = {temperature:.2f}")
    axes.axvline(float(following[dimension]), color=GREY, ls="--", lw=1)
    axes.set_xlabel(f"z, dimension {dimension}")
    axes.set_ylabel("density")
    axes.legend()
    return figure
