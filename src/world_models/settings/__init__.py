"""All settings of a scale or a study, from config.yaml.

config.yaml gives the paper's settings in full and, under `scales`, what other scales change; under
`studies`, what each study changes of its scale. A section that is none of `Settings`' own is a
task's: the paper's two, and anybody's own environment.
`python -m world_models.settings --schema` prints the JSON schema; `… SCALE [STUDY]` prints the
resolved settings.
"""

from world_models.settings.classes import (
    OWN,
    ControllerRollouts,
    Experiment,
    Runtime,
    Study,
)
from world_models.settings.experiment import SHARDS_MOST, experiment
from world_models.settings.resolve import overlay, resolve, scales_of
from world_models.settings.whole import Settings

__all__ = [
    "OWN",
    "SHARDS_MOST",
    "ControllerRollouts",
    "Experiment",
    "Runtime",
    "Settings",
    "Study",
    "experiment",
    "overlay",
    "resolve",
    "scales_of",
]
