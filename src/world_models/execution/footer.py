"""The last line of a terminal, kept for one's own text while others write above it.

Programs that share the terminal, each with bars of its own, know nothing of one another. So the
terminal itself is told to scroll all lines but the last, as apt tells it.
"""

import os

FEWEST = 6  # lines of a terminal that has one to spare


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
        """Say whether a file descriptor is a terminal that can do this."""
        dumb = os.environ.get("TERM", "dumb") == "dumb"
        return not dumb and os.isatty(terminal) and os.get_terminal_size(terminal).lines >= FEWEST

    def columns(self) -> int:
        """Return how wide it is."""
        return os.get_terminal_size(self.terminal).columns

    def show(self, text: str) -> None:
        """Write the line anew; a terminal of another size than before is set up again."""
        columns, lines = os.get_terminal_size(self.terminal)
        begin = ""
        if (columns, lines) != self.size:
            # A line of room; save the cursor, which setting the region moves; up into the region.
            begin = f"\n\x1b7\x1b[1;{lines - 1}r\x1b8\x1b[1A"
            self.size = (columns, lines)
        # Save the cursor, go to the last line, clear it, write, go back: one write, which no other
        # program's comes between.
        self._write(f"{begin}\x1b7\x1b[{lines};1H\x1b[2K{text[: columns - 1]}\x1b8")

    def remove(self) -> None:
        """Give the line back."""
        if self.size != (0, 0):
            _, lines = self.size
            self._write(f"\x1b7\x1b[{lines};1H\x1b[2K\x1b[r\x1b8")
            self.size = (0, 0)

    def _write(self, text: str) -> None:
        try:
            os.write(self.terminal, text.encode())
        except OSError:
            self.size = (0, 0)  # it is gone, and so is who might have read it
