"""A film strip of dream and reality: both are given the same actions."""

from matplotlib.figure import Figure

from world_models.paper.imagination import Moment, frames_of, imagine, reconstruct
from world_models.paper.inputs import TaskResults
from world_models.paper.montage import montage

COLUMNS = 10
SHOWN = 50  # steps that M observes before it dreams, so that it knows how things move
EVERY = 8  # steps between two columns
TEMPERATURES = (1.0, 0.1)


def draw(results: TaskResults) -> Figure:
    """Draw the longest held-out episode from a moment on, V's reconstruction, and M's dreams.

    A short episode is shown with fewer steps between the columns.
    """
    episode = int(results.held_out.lengths.argmax())
    length = int(results.held_out.lengths[episode])
    moment = Moment(episode, min(SHOWN, length // 4))
    left = length - 1 - moment.step
    every = max(1, min(EVERY, left // (COLUMNS - 1)))
    columns = min(COLUMNS, left // every + 1)
    ahead = every * (columns - 1)
    real = frames_of(results, moment, ahead)
    seen = reconstruct(results, real)
    rows, labels = [list(real[::every]), list(seen[::every])], ["reality", "V's view of it"]
    for temperature in TEMPERATURES:
        (dream,) = imagine(results, moment, ahead, temperature, 1, results.seed)
        rows.append([seen[0], *dream[every - 1 :: every]])
        labels.append(f"dream, τ = {temperature:.2f}")
    times = ["now", *(f"+{every * column}" for column in range(1, columns))]
    return montage(rows, labels, times)
