"""All settings of a scale or a study, from config.yaml.

config.yaml gives the paper's settings in full. Under `scales` it lists what other scales change,
and under `studies` what each study changes of its scale. Any section other than `Settings`' own is
a task: one of the paper's two, or your own environment.
`python -m world_models.settings --schema` prints the JSON schema; `… SCALE [STUDY]` prints the
resolved settings.
"""

from world_models.settings.classes import (
    OWN,
    SCALE,
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
    "SCALE",
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
