"""The densities in the figure are M's own, at each temperature."""

import numpy as np
import pytest
import torch

from world_models.memory.mixture import moments
from world_models.memory.model import Prediction
from world_models.studies.figures.density import density


@pytest.mark.parametrize("temperature", [0.5, 1.0, 1.3])
def test_density(temperature: float) -> None:
    """The density integrates to 1, with the mean and variance of M's samples at τ."""
    weights = torch.log_softmax(torch.tensor([0.3, -1.0, 0.1]), dim=0)
    one = Prediction(
        weights, torch.tensor([-1.0, 0.5, 2.0]), torch.tensor([-0.5, -1.0, 0.0]), None, None
    )
    x = np.linspace(-12, 12, 20001)
    found, step = density(one, x, temperature), x[1] - x[0]
    mean = (x * found).sum() * step
    expected = moments(one, temperature)
    assert found.sum() * step == pytest.approx(1, rel=1e-6)
    assert mean == pytest.approx(float(expected[0]), rel=1e-5)
    assert ((x - mean) ** 2 * found).sum() * step == pytest.approx(float(expected[1]), rel=1e-5)
