"""What a frame of CarRacing shows, by its colours: those that Gymnasium paints with.

In the usual look only. The 96 x 96 picture is reduced to 64 x 64, so that pixels along edges are
mixed: those that are more grass than road, kerb or car are counted among the rest.
"""

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.reference import ReferenceCarRacing
from world_models.tasks.contract import End, LabelledEnvironment

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


class LabelledCarRacing(ReferenceCarRacing, LabelledEnvironment):
    """The reference environment, which looks at its own frames."""

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Lay the track of `seed`; return the first frame."""
        self.frame = super().reset(seed)
        return self.frame

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Drive one fiftieth of a second."""
        self.frame, reward, end = super().step(action)
        return self.frame, reward, end

    def regions(self) -> Masks:
        """Return where the present frame shows what, (64, 64) each."""
        return {name: mask[0] for name, mask in masks(self.frame[None]).items()}
