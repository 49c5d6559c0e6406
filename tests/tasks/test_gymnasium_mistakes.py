"""What the kind `gymnasium` refuses, in one line each: ids, options, spaces and pictures."""

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from tests.tasks.registered import LANDER, register, task_of
from world_models.errors import WorldModelsError


@pytest.mark.parametrize(
    ("environment", "fault"),
    [
        ({"id": "LunarLandr-v3"}, "id: LunarLandr-v3: Environment `LunarLandr` doesn't exist"),
        ({"id": "LunarLander-v9"}, "id: LunarLander-v9: "),
        ({"id": "LunarLander"}, "id: LunarLander: "),
        ({"id": "no_such_package:Game-v0"}, "id: no_such_package:Game-v0: No module named"),
        ({"id": "Humanoid-v5"}, "id: Humanoid-v5 cannot be made: MuJoCo is not installed"),
        ({**LANDER, "options": {"gravty": -9.0}}, "id: LunarLander-v3 cannot be made with options"),
        ({**LANDER, "options": {"gravity": 9.0}}, "id: LunarLander-v3 cannot be made with options"),
        ({**LANDER, "options": {"render_mode": "human"}}, "options: "),
        ({**LANDER, "crop": [5, 5, 0, 9]}, "crop: "),
        ({**LANDER, "crop": [0, 5, 9]}, "crop: "),
        ({**LANDER, "frame": "observation"}, "frame: observations are Box (8,) of float32"),
        ({"id": ""}, "id: "),
        ({}, "id: Field required"),
        ({**LANDER, "actions": 4}, "actions: unknown setting"),
    ],
)
def test_mistakes(environment: dict[str, Any], fault: str) -> None:
    """The error is one line that names the key."""
    with pytest.raises(WorldModelsError) as caught:
        task_of(**environment)
    assert str(caught.value).startswith(f"mine.environment.{fault}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("id", "space", "fault"),
    [
        ("M-v0", spaces.MultiDiscrete([2, 3]), "neither Discrete nor Box"),
        ("D-v0", spaces.Dict({"a": spaces.Discrete(2)}), "neither Discrete nor Box"),
        ("I-v0", spaces.Box(-np.arange(9.0), np.inf, (9,)), "infinite bounds"),
        ("W-v0", spaces.Box(0, 9, (2,), np.int64), "a Box of integers"),
    ],
)
def test_spaces_that_are_refused(id: str, space: spaces.Space[Any], fault: str) -> None:
    """The error is one line that names the key and the fault."""
    with pytest.raises(WorldModelsError, match=r"^mine\.environment\.id: actions are ") as caught:
        task_of(**register(id, space))
    assert fault in str(caught.value) and "\n" not in str(caught.value)


def test_an_environment_without_pictures() -> None:
    """An environment without pictures is refused before an episode begins."""
    section = {**register("Dark-v0", spaces.Discrete(2)), "frame": "render"}
    with pytest.raises(WorldModelsError, match=r"^mine\.environment\.frame: .* draws no picture"):
        task_of(**section)
