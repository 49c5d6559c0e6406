"""The regions of Take Cover's frames: the engine says which object each pixel belongs to."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.contract import LabelledEnvironment
from world_models.tasks.frames import reduce_frame
from world_models.tasks.take_cover.environment import ROWS_SHOWN, TakeCover

Masks = dict[str, NDArray[np.bool_]]

OBJECTS = {"fireballs": "DoomImpBall", "monsters": "DoomImp"}
HALF = 128  # a reduced pixel belongs to an object that covers at least half of it


class LabelledTakeCover(TakeCover, LabelledEnvironment):
    """Take Cover with the engine's labels buffer enabled."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.game.set_labels_buffer_enabled(True)

    def regions(self) -> Masks:
        """Return a mask for each region of the current frame, (64, 64)."""
        state = self.game.get_state()
        assert state is not None and state.labels_buffer is not None and state.labels is not None
        rows = round(state.labels_buffer.shape[0] * ROWS_SHOWN)
        labels = state.labels_buffer[:rows]
        found = {}
        for name, kind in OBJECTS.items():
            values = [each.value for each in state.labels if each.object_name == kind]
            whole = np.where(np.isin(labels, values), 255, 0).astype(np.uint8)
            reduced = reduce_frame(np.repeat(whole[..., None], 3, axis=-1))
            found[name] = reduced[..., 0] >= HALF
        return {**found, "rest": ~np.logical_or.reduce(list(found.values()))}
