"""A window that shows frames at the game's own speed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

ENLARGE = 8  # window pixels per frame pixel, in width and height


class Window:
    """Opens at the first frame. Its close button does nothing; `close` closes it.

    Args:
        title: the window's title. frames_per_second: `show` waits so as not to exceed this rate.
    """

    def __init__(self, title: str, frames_per_second: float) -> None:
        self.title, self.frames_per_second = title, frames_per_second
        self.screen: Any = None
        self.clock: Any = None

    def show(self, frame: NDArray[np.uint8]) -> None:
        """Show a frame, uint8 (height, width, 3)."""
        import pygame  # slow to import, and needed only here

        width, height = frame.shape[1] * ENLARGE, frame.shape[0] * ENLARGE
        if self.screen is None:
            pygame.display.init()
            pygame.display.set_caption(self.title)
            self.screen = pygame.display.set_mode((width, height))
            self.clock = pygame.time.Clock()
        surface = pygame.surfarray.make_surface(frame.swapaxes(0, 1))
        self.screen.blit(pygame.transform.scale(surface, (width, height)), (0, 0))
        pygame.event.pump()  # otherwise the system thinks that the window hangs
        pygame.display.flip()
        self.clock.tick(self.frames_per_second)

    def close(self) -> None:
        """Close the window if it is open."""
        if self.screen is not None:
            import pygame

            pygame.display.quit()
            self.screen = None
