"""Searches for C, by name. To add one, add a file, an entry to SEARCHES and its settings."""

import math
from collections.abc import Callable

from world_models.controller.search.cma_es import CMAES
from world_models.controller.search.contract import Search
from world_models.controller.search.openai_es import OpenAIES
from world_models.controller.settings import ControllerSettings

SEARCHES: dict[str, Callable[[ControllerSettings, int, int], Search]] = {
    "cma_es": lambda s, parameters, seed: CMAES(
        parameters, s.population, s.sigma, seed, s.max_sigma or math.inf
    ),
    "openai_es": lambda s, parameters, seed: OpenAIES(
        parameters, s.population, s.sigma, s.learning_rate, s.weight_decay, seed
    ),
}
"""Each entry makes a new search from the settings, the number of parameters and the seed."""


def make_search(settings: ControllerSettings, parameters: int, seed: int) -> Search:
    """Return a new search of the kind that `settings.search` names.

    Raises:
        WorldModelsError: the search does not accept these settings.
    """
    return SEARCHES[settings.search](settings, parameters, seed)
