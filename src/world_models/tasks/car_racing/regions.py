"""What a frame of CarRacing shows, by its colours: those that Gymnasium paints with.

In the usual look only. The 96 x 96 picture is reduced to 64 x 64, so that pixels along edges are
mixed: those that are more grass than road, kerb or car are counted among the rest.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from world_models.play.actors import BehaviourActor
from world_models.play.episodes import Assignment
from world_models.play.loop import play
from world_models.play.observers import Observer
from world_models.tasks.contract import SyncVectorEnvironment, Task

Masks = dict[str, NDArray[np.bool_]]

# The car stands at (500, 600) of 1,000 x 800 drawn pixels: column 32 of 64, and row 72 of 96,
# which is row 55 of 64, for 84 of the 96 rows are kept.
CAR_ROWS, CAR_COLUMNS = slice(49, 62), slice(27, 37)


def masks(frames: NDArray[np.uint8]) -> Masks:
    """Return where frames, uint8 (n, 64, 64, 3), show what; each mask is (n, 64, 64)."""
    red, green, blue = (frames[..., channel].astype(np.int64) for channel in range(3))
    lowest = np.minimum(np.minimum(red, green), blue)
    highest = np.maximum(np.maximum(red, green), blue)
    car_box = np.zeros(frames.shape[:3], dtype=bool)
    car_box[:, CAR_ROWS, CAR_COLUMNS] = True
    reddish = (red > green + 20) & (red > blue + 20)  # hull 204, 0, 0 and kerb 255, 0, 0, mixed
    car = car_box & (reddish | (highest < 80))  # tyres are black, with marks of 77
    kerb = ~car_box & (reddish | (lowest > 150))
    road = (highest - lowest < 16) & (lowest >= 90) & (highest <= 120)  # 102 to 107, less 2
    found = {"road": road, "kerb": kerb, "car": car}
    return {**found, "rest": ~np.logical_or.reduce(list(found.values()))}


class _Frames(Observer):
    def __init__(self, every: int) -> None:
        self.every, self.seen = every, 0
        self.frames: list[NDArray[np.uint8]] = []

    def before_step(
        self, playing: Mapping[int, int], observations: object, actions: object
    ) -> None:
        if self.seen % self.every == 0:
            assert isinstance(observations, np.ndarray)
            self.frames += [observations[slot].copy() for slot in playing]
        self.seen += 1


def frames_and_masks(
    task: Task, behaviour: str, seeds: Sequence[int], every: int
) -> Iterator[tuple[NDArray[np.uint8], Masks]]:
    """Yield every so manieth frame of played episodes, with its masks, episode by episode."""
    for seed in seeds:
        games = SyncVectorEnvironment([task.make_environment()])
        observer = _Frames(every)
        actor = BehaviourActor(task.behaviours[behaviour], 1, task.action_size)
        try:
            play(actor, games, [Assignment(0, seed)], [observer])
        finally:
            games.close()
        frames = np.stack(observer.frames)
        yield frames, masks(frames)
