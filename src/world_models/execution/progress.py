"""Progress of a long stage: a bar on a terminal, plain lines in the log."""

import sys
import time
from types import TracebackType

from tqdm import tqdm

from world_models.stage.log import LOG

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Counts units of work; shows the rate and the time left.

    Args:
        what: the work's name, for readers of the log.
        total: how many units there are.
        unit: the name of a unit, e.g. "batch".
        done: units that an earlier, interrupted run finished.
    """

    def __init__(self, what: str, total: int, unit: str, done: int = 0) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.first = self.done = done
        self.started = self.last_line = time.monotonic()
        # leave=False: several stages share Snakemake's terminal, and finished bars would pile up.
        self.bar = tqdm(
            total=total,
            initial=done,
            desc=what,
            unit=unit,
            disable=not sys.stderr.isatty(),
            leave=False,
            dynamic_ncols=True,
        )

    def advance(self, units: int = 1, note: str = "") -> None:
        """Count `units` more; `note` is shown beside the bar, e.g. the current loss."""
        self.done += units
        self.bar.set_postfix_str(note, refresh=False)
        self.bar.update(units)
        now = time.monotonic()
        if now - self.last_line >= SECONDS_BETWEEN_LINES or self.done == self.total:
            self.last_line = now
            rate = (self.done - self.first) / max(now - self.started, 1e-9)
            left = (self.total - self.done) / rate if rate > 0 else float("inf")
            LOG.info(
                "%s: %d/%d %s, %.3g/s, %.0f s left%s",
                self.what,
                self.done,
                self.total,
                self.unit,
                rate,
                left,
                f", {note}" if note else "",
            )

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.close()
