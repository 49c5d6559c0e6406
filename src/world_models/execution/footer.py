"""The last line of a terminal, reserved for our text while other programs write above it.

Programs that share the terminal draw their own bars and do not know of one another. So the terminal
itself is told to scroll all lines but the last, as apt does.
"""

import os

FEWEST = 6  # lines of a terminal that can spare one


class Footer:
    """Keeps the last line of a terminal.

    Args:
        terminal: its file descriptor.
    """

    def __init__(self, terminal: int) -> None:
        self.terminal = terminal
        self.size = (0, 0)

    @staticmethod
    def fits(terminal: int) -> bool:
        """Say whether a file descriptor is a terminal with a line to spare."""
        dumb = os.environ.get("TERM", "dumb") == "dumb"
        return not dumb and os.isatty(terminal) and os.get_terminal_size(terminal).lines >= FEWEST

    def columns(self) -> int:
        """Return the terminal's width."""
        return os.get_terminal_size(self.terminal).columns

    def show(self, text: str) -> None:
        """Redraw the line; if the terminal's size has changed, set it up again first."""
        columns, lines = os.get_terminal_size(self.terminal)
        begin = ""
        if (columns, lines) != self.size:
            # Make room for a line; save the cursor, since setting the region moves it; go back up
            # into the region.
            begin = f"\n\x1b7\x1b[1;{lines - 1}r\x1b8\x1b[1A"
            self.size = (columns, lines)
        # Save the cursor, go to the last line, clear it, write, go back. This is one write, so that
        # no other program's output comes in between.
        self._write(f"{begin}\x1b7\x1b[{lines};1H\x1b[2K{text[: columns - 1]}\x1b8")

    def remove(self) -> None:
        """Clear the line and let the whole terminal scroll again."""
        if self.size != (0, 0):
            _, lines = self.size
            self._write(f"\x1b7\x1b[{lines};1H\x1b[2K\x1b[r\x1b8")
            self.size = (0, 0)

    def _write(self, text: str) -> None:
        try:
            os.write(self.terminal, text.encode())
        except OSError:
            self.size = (0, 0)  # the terminal is gone, and its reader with it
