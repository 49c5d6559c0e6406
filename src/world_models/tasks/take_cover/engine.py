"""ViZDoom's engine: a process of its own, started so that it leaves nothing behind.

By itself the engine outlives a killed parent, and keeps files in /dev/shm, a folder where it
started and its configuration. Here the system kills it with its parent, and all files are unlinked
as soon as both sides have them open (`launch` sees to it when the parent dies before).
"""

import contextlib
import os
import shlex
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from world_models.execution.processes import is_mapped
from world_models.tasks.take_cover import launcher as launch

SHARED = Path("/dev/shm")
STARTING = 20.0  # seconds that an engine may take to map its files

WRAPPER = """#!/bin/sh
exec {python} -IS {launch} {parent} {engine} "$@"
"""


def start(game: Any) -> None:
    """Call `game.init()`; afterwards the process and what it holds end with this process.

    Args:
        game: a configured `vizdoom.DoomGame`.
    """
    import vizdoom

    sweep()
    game.set_doom_config_path(os.devnull)
    engine = Path(vizdoom.__file__).parent / "vizdoom"
    with tempfile.TemporaryDirectory(prefix="vizdoom_") as scratch:
        wrapper = Path(scratch) / "engine"
        wrapper.write_text(
            WRAPPER.format(
                python=shlex.quote(sys.executable),
                launch=shlex.quote(launch.__file__),
                parent=os.getpid(),
                engine=shlex.quote(str(engine)),
            )
        )
        wrapper.chmod(0o700)
        game.set_vizdoom_path(str(wrapper))
        with contextlib.chdir(scratch):  # the engine leaves a folder where it starts
            game.init()
    for path in SHARED.glob("ViZDoom*"):
        if str(path) in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace"):
            path.unlink(missing_ok=True)


def sweep() -> None:
    """Unlink what engines left that were started by other means: old files in nobody's use."""
    for path in SHARED.glob("ViZDoom*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or another user's
            about = path.stat()
            old = time.time() - about.st_mtime > STARTING
            if about.st_uid == os.getuid() and old and not is_mapped(str(path)):
                path.unlink()
