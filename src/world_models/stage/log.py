"""The log of a stage: one file, or stderr."""

import logging
import os
import sys
from pathlib import Path

LOG = logging.getLogger("world_models")


def start_log(path: Path | None) -> None:
    """Send log lines to the file `path`, or to stderr; keep the libraries headless and quiet."""
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    logging.raiseExceptions = False  # a full disk must not bury the one line that reports it
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    LOG.handlers.clear()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.FileHandler(path, mode="a", encoding="utf-8")
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    LOG.addHandler(handler)


def has_file() -> bool:
    """Say whether log lines go to a file."""
    return any(isinstance(handler, logging.FileHandler) for handler in LOG.handlers)
