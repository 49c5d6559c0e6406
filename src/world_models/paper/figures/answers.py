"""How M responds to an action: dreams from the same moment, each with one action held."""

import numpy as np
from matplotlib.figure import Figure

from world_models.paper.imagination import Moment, frames_of, imagine, reconstruct
from world_models.paper.inputs import TaskResults
from world_models.paper.montage import montage

COLUMNS = 8
SHOWN = 50  # steps that M observes first
EVERY = 4  # steps between two columns
TEMPERATURE = 0.1  # near M's likeliest prediction, so that only the action makes rows differ


def applies(results: TaskResults) -> bool:
    """Return whether the task has actions to show."""
    return bool(results.task.example_actions)


def draw(results: TaskResults) -> Figure:
    """Draw dreams from a moment of the longest held-out episode, one row per action."""
    episode = int(results.held_out.lengths.argmax())
    moment = Moment(episode, min(SHOWN, int(results.held_out.lengths[episode]) - 1))
    (now,) = reconstruct(results, frames_of(results, moment, 0))
    ahead, rows = EVERY * (COLUMNS - 1), []
    for action in results.task.example_actions.values():
        held = np.tile(np.array(action, dtype=np.float32), (ahead, 1))
        (dream,) = imagine(results, moment, ahead, TEMPERATURE, 1, results.seed, held)
        rows.append([now, *dream[EVERY - 1 :: EVERY]])
    times = ["now", *(f"+{EVERY * column}" for column in range(1, COLUMNS))]
    return montage(rows, list(results.task.example_actions), times)
