"""The regions of CarRacing's frames, found by the colours that Gymnasium paints with.

Only for the usual look. The 96 x 96 picture is reduced to 64 x 64, so pixels along edges are mixed.
Those with more grass than road, kerb or car count as rest.
"""

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.reference import ReferenceCarRacing
from world_models.tasks.contract import End, LabelledEnvironment

Masks = dict[str, NDArray[np.bool_]]

# The car is drawn at (500, 600) of 1,000 x 800 pixels. That is column 32 of 64, and row 72 of 96:
# row 55 of 64, since only 84 of the 96 rows are kept.
CAR_ROWS, CAR_COLUMNS = slice(49, 62), slice(27, 37)


def masks(frames: NDArray[np.uint8]) -> Masks:
    """Return a mask, (n, 64, 64), for each region of the frames, uint8 (n, 64, 64, 3)."""
    red, green, blue = (frames[..., channel].astype(np.int64) for channel in range(3))
    lowest = np.minimum(np.minimum(red, green), blue)
    highest = np.maximum(np.maximum(red, green), blue)
    car_box = np.zeros(frames.shape[:3], dtype=bool)
    car_box[:, CAR_ROWS, CAR_COLUMNS] = True
    reddish = (red > green + 20) & (red > blue + 20)  # hull 204, 0, 0, kerb 255, 0, 0, or mixed
    car = car_box & (reddish | (highest < 80))  # tyres are black, their marks 77
    kerb = ~car_box & (reddish | (lowest > 150))
    road = (highest - lowest < 16) & (lowest >= 90) & (highest <= 120)  # 102 to 107, minus 2
    found = {"road": road, "kerb": kerb, "car": car}
    return {**found, "rest": ~np.logical_or.reduce(list(found.values()))}


class LabelledCarRacing(ReferenceCarRacing, LabelledEnvironment):
    """The reference environment, with the regions of its frames labelled by colour."""

    def reset(self, seed: int) -> NDArray[np.uint8]:
        """Lay the track of `seed`; return the first frame."""
        self.frame = super().reset(seed)
        return self.frame

    def step(self, action: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float, End]:
        """Drive 1/50 s."""
        self.frame, reward, end = super().step(action)
        return self.frame, reward, end

    def regions(self) -> Masks:
        """Return a mask for each region of the current frame, (64, 64)."""
        return {name: mask[0] for name, mask in masks(self.frame[None]).items()}
