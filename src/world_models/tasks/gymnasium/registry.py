"""Find and make a registered environment; every error becomes one line that names the key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec

from world_models.errors import WorldModelsError
from world_models.tasks.gymnasium.settings import GymnasiumEnvironment

STEPS_PER_SECOND = 30.0  # for environments that do not say


@dataclass(frozen=True)
class Facts:
    """What an environment says about itself.

    Attributes:
        action_space: Gymnasium's action space.
        steps_per_second: the speed at which people play the game.
        max_steps: its own time limit; None if it has none.
    """

    action_space: gymnasium.Space[Any]
    steps_per_second: float
    max_steps: int | None


def find(name: str, id: str) -> EnvSpec:
    """Return what is registered under an id; this is fast, since no environment is made.

    Args:
        name: the task's. id: as in config.yaml; the package before a colon is imported first.

    Raises:
        WorldModelsError: nothing is registered, or the package cannot be imported.
    """
    package, _, registered = id.rpartition(":")
    with _one_line(f"{name}.environment.id: {id}", "correct it, or install its package"):
        if package:
            import_module(package)
        return gymnasium.spec(registered)


def make(name: str, settings: GymnasiumEnvironment) -> gymnasium.Env[Any, Any]:
    """Return a new environment.

    Raises:
        WorldModelsError: it cannot be made, or has no usable picture.
    """
    key = f"{name}.environment"
    spec = find(name, settings.id)
    keywords: dict[str, Any] = {**settings.options, "disable_env_checker": True}
    if settings.frame == "render":
        keywords["render_mode"] = "rgb_array"
    options = f" with options {settings.options}" if settings.options else ""
    with _one_line(
        f"{key}.id: {settings.id} cannot be made{options}",
        "correct id and options, or install what is missing",
    ):
        environment = gymnasium.make(spec, **keywords)
    if fault := _without_picture(environment, settings.frame):
        environment.close()
        raise WorldModelsError(f"{key}.frame: {fault}")
    return environment


def facts_of(name: str, settings: GymnasiumEnvironment) -> Facts:
    """Return what an environment says about itself; it is made once per process for this.

    Raises:
        WorldModelsError: as for `make`.
    """
    return _facts(name, settings.counted())


@cache
def _facts(name: str, text: str) -> Facts:
    environment = make(name, GymnasiumEnvironment.model_validate_json(text))
    try:
        limit = environment.spec.max_episode_steps if environment.spec else None
        rate = float(environment.metadata.get("render_fps") or STEPS_PER_SECOND)
        return Facts(environment.action_space, rate, limit)
    finally:
        environment.close()


def _without_picture(environment: gymnasium.Env[Any, Any], frame: str) -> str | None:
    """Return what prevents V from seeing the environment, or None."""
    if frame == "render":
        modes = environment.metadata.get("render_modes", ["rgb_array"])
        if "rgb_array" in modes:
            return None
        return f"the environment draws no picture (its modes: {modes}); try `observation`"
    space = environment.observation_space
    shape = space.shape or ()
    if space.dtype == np.uint8 and (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4))):
        return None
    return (
        f"observations are {type(space).__name__} {shape} of {space.dtype}, not a uint8 image, "
        "(height, width) or (height, width, colours); use `render`"
    )


@contextmanager
def _one_line(what: str, advice: str) -> Iterator[None]:
    """Turn any exception from an environment's code into a one-line error."""
    try:
        yield
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise WorldModelsError(f"{what}: {lines[0].rstrip('. ')}; {advice}") from error
