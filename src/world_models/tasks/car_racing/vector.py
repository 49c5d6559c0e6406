"""Many games in one process: Box2D moves each car, and one compiled call draws all frames."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from world_models.tasks.car_racing.drawing.slots import Scenes
from world_models.tasks.car_racing.physics import Physics
from world_models.tasks.contract import End, VectorEnvironment


class VectorCarRacing(VectorEnvironment):
    """Gymnasium's CarRacing in slots; an action is (steering -1..1, gas 0..1, brake 0..1)."""

    def __init__(
        self,
        slots: int,
        max_steps: int = 1000,
        lap_complete_percent: float = 0.95,
        domain_randomize: bool = False,
    ) -> None:
        super().__init__(slots)
        self.max_steps = max_steps
        self.scenes = Scenes(slots)
        self.games = [
            Physics(None, False, lap_complete_percent, domain_randomize, True, self.scenes, slot)
            for slot in range(slots)
        ]
        self.steps = [0] * slots

    def start(self, slots: Sequence[int], seeds: Sequence[int]) -> None:
        """Lay these seeds' tracks."""
        for slot, seed in zip(slots, seeds, strict=True):
            self.games[slot].begin(seed)
            self.steps[slot] = 0
        self.show(slots)

    def step(
        self, slots: Sequence[int], actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
        """Drive 1/50 s. The reward is -0.1, plus 1000/N for each new tile of the track's N."""
        rewards = np.zeros(self.slots)
        ends = np.zeros(self.slots, dtype=np.uint8)
        chosen = actions.astype(np.float64).tolist()
        for slot in slots:
            reward, terminated, _ = self.games[slot].drive(*chosen[slot])
            rewards[slot] = reward
            self.steps[slot] += 1
            if terminated:
                ends[slot] = End.TERMINATED
            elif self.steps[slot] >= self.max_steps:
                ends[slot] = End.TRUNCATED
        self.show(slots)
        return rewards, ends

    def show(self, slots: Sequence[int]) -> None:
        """Draw the current frames of these slots."""
        if len(slots):
            self.scenes.draw_frames(slots, self.observations)

    def close(self) -> None:
        """Close the games."""
        for game in self.games:
            game.close()
