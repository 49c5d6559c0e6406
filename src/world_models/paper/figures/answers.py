"""What M makes of an action: the same moment, dreamt on with one action held."""

import numpy as np
from matplotlib.figure import Figure

from world_models.paper.imagination import Moment, frames_of, imagine, reconstruct
from world_models.paper.inputs import Inputs
from world_models.paper.montage import montage

COLUMNS = 8
SHOWN = 50  # steps that M lives through first
EVERY = 4  # steps between two columns
TEMPERATURE = 0.1  # nearly what M thinks likeliest: what differs is the action's work
ACTIONS: dict[str, dict[str, tuple[float, ...]]] = {
    "car_racing": {
        "steers left": (-1.0, 0.3, 0.0),
        "straight on": (0.0, 0.3, 0.0),
        "steers right": (1.0, 0.3, 0.0),
    },
    "take_cover": {"moves left": (-1.0,), "stays": (0.0,), "moves right": (1.0,)},
}


def draw(inputs: Inputs, task: str) -> Figure:
    """Draw dreams from the longest held-out episode's moment on, a row an action."""
    results = inputs.tasks[task]
    episode = int(results.held_out.lengths.argmax())
    moment = Moment(episode, min(SHOWN, int(results.held_out.lengths[episode]) - 1))
    (now,) = reconstruct(results, frames_of(results, moment, 0))
    ahead, rows = EVERY * (COLUMNS - 1), []
    for action in ACTIONS[task].values():
        held = np.tile(np.array(action, dtype=np.float32), (ahead, 1))
        (dream,) = imagine(results, moment, ahead, TEMPERATURE, 1, inputs.seed, held)
        rows.append([now, *dream[EVERY - 1 :: EVERY]])
    times = ["now", *(f"+{EVERY * column}" for column in range(1, COLUMNS))]
    return montage(rows, list(ACTIONS[task]), times)
