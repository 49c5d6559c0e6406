"""Take Cover with other walls: the same game, another look."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.contract import Task
from world_models.tasks.take_cover.engine import check_room
from world_models.tasks.take_cover.environment import TakeCover, VectorTakeCover
from world_models.tasks.take_cover.settings import TakeCoverEnvironment
from world_models.tasks.take_cover.wad import repaint

# Brown bricks become grey stone. Both textures are from Freedoom, which ships with ViZDoom.
TEXTURES = {"BRICK12": "STONE2"}


class RepaintedTakeCover(TakeCover):
    """Take Cover with other walls; the map is made from the shipped one."""

    def begin(self, seed: int) -> NDArray[np.uint8]:
        """Start the game that belongs to `seed`; return the part of the screen that V sees."""
        if self.started:
            return super().begin(seed)
        import vizdoom

        shipped = Path(vizdoom.scenarios_path) / "take_cover.wad"
        content = repaint(shipped.read_bytes(), TEXTURES, str(shipped))
        # The engine keeps the file open, so it can be deleted once the game has started.
        with tempfile.NamedTemporaryFile(suffix=".wad") as file:
            file.write(content)
            file.flush()
            self.game.set_doom_scenario_path(file.name)
            return super().begin(seed)


def changed(task: Task) -> Task:
    """Return the task with other walls."""
    settings = task.environment
    assert isinstance(settings, TakeCoverEnvironment)

    def make_training(slots: int) -> VectorTakeCover:
        width, height = map(int, settings.resolution.split("x"))
        check_room(width, height, slots)
        return VectorTakeCover([RepaintedTakeCover(settings) for _ in range(slots)])

    return replace(
        task,
        make_environment=lambda: RepaintedTakeCover(settings),
        make_training=make_training,
    )
