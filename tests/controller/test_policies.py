"""Controllers: parameter counts, arithmetic, and squashing of the outputs."""

import numpy as np
import pytest
import torch

from world_models.controller.policies import get_policy
from world_models.errors import WorldModelsError
from world_models.tasks import get_task

CAR, DOOM = get_task("car_racing"), get_task("take_cover")


def test_parameter_counts() -> None:
    """Counts match the paper's; those of Table 1's other two variants follow from its text."""
    assert get_policy("z_h", 3, 32, 256).parameters == 867
    assert get_policy("z", 3, 32, 256).parameters == 99
    assert get_policy("z_hidden", 3, 32, 256).parameters == 1443
    assert get_policy("z_h", 1, 64, 512, sees_cell=True, bias=False).parameters == 1088


def test_linear() -> None:
    """Each row of the batch has its own controller: W x + b, with W stored by rows."""
    policy, rng = get_policy("z_h", 3, 4, 5), np.random.default_rng(0)
    parameters = rng.normal(size=(6, policy.parameters)).astype(np.float32)
    features = rng.normal(size=(6, 9)).astype(np.float32)
    raw = policy.act(torch.from_numpy(parameters), torch.from_numpy(features)).numpy()
    for i in range(6):
        weights, bias = parameters[i, :27].reshape(3, 9), parameters[i, 27:]
        assert raw[i] == pytest.approx(weights @ features[i] + bias, abs=1e-5)


def test_hidden_layer() -> None:
    """The hidden layer has 40 tanh units between z and the output."""
    policy, rng = get_policy("z_hidden", 3, 4, 0), np.random.default_rng(0)
    parameters = rng.normal(size=(2, policy.parameters)).astype(np.float32)
    z = rng.normal(size=(2, 4)).astype(np.float32)
    raw = policy.act(torch.from_numpy(parameters), torch.from_numpy(z)).numpy()
    for i in range(2):
        w1, b1 = parameters[i, :160].reshape(40, 4), parameters[i, 160:200]
        w2, b2 = parameters[i, 200:320].reshape(3, 40), parameters[i, 320:]
        expected = w2 @ np.tanh(w1 @ z[i] + b1) + b2
        assert raw[i] == pytest.approx(expected, abs=1e-4)


def test_squash() -> None:
    """Take Cover: tanh. CarRacing: tanh, then (x + 1) / 2 for gas, a clip to 0..1 for the brake."""
    raw = torch.tensor([[0.5, -0.7, -0.3], [-2.0, 0.0, 1.0]])
    expected = [
        [np.tanh(0.5), (np.tanh(-0.7) + 1) / 2, 0],
        [np.tanh(-2.0), 0.5, np.tanh(1.0)],
    ]
    assert CAR.squash(raw.clone()).numpy() == pytest.approx(np.array(expected), abs=1e-6)
    assert DOOM.squash(torch.tensor([[0.5]])).item() == pytest.approx(np.tanh(0.5), abs=1e-6)


def test_unknown_variant() -> None:
    """The error names an unknown variant."""
    with pytest.raises(
        WorldModelsError, match="variant z_z: unknown; choose from z, z_hidden, z_h"
    ):
        get_policy("z_z", 3, 32, 256)
