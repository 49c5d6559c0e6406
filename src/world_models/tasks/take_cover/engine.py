"""ViZDoom's engine: a separate process, started so that it leaves nothing behind.

By default the engine outlives a killed parent, and leaves files in /dev/shm, a folder where it was
started, and its configuration. Here the system kills it along with its parent, and its files are
unlinked as soon as both sides have them open. If the parent dies before that, `launcher` does it.
"""

import contextlib
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from world_models.errors import WorldModelsError
from world_models.execution.processes import is_mapped
from world_models.tasks.take_cover import launcher as launch

SHARED = Path("/dev/shm")
STARTING = 20.0  # seconds that an engine may take to map its files
# Shared memory per engine: bytes per pixel, and bytes for the rest; with a margin of a third.
PICTURE, BESIDE = 4, 100_000

WRAPPER = """#!/bin/sh
exec {python} -IS {launch} {parent} {engine} "$@"
"""


def start(game: Any) -> None:
    """Call `game.init()` so that the engine, and all it holds, ends with this process.

    Args:
        game: a configured `vizdoom.DoomGame`.
    """
    import vizdoom

    sweep()
    check_room(game.get_screen_width(), game.get_screen_height(), 1)
    game.set_doom_config_path(os.devnull)
    engine = Path(vizdoom.__file__).parent / "vizdoom"
    script = WRAPPER.format(
        python=shlex.quote(sys.executable),
        launch=shlex.quote(launch.__file__),
        parent=os.getpid(),
        engine=shlex.quote(str(engine)),
    )
    with program(script) as wrapper:
        game.set_vizdoom_path(str(wrapper))
        with contextlib.chdir(wrapper.parent):  # the engine leaves a folder where it starts
            game.init()
    for path in SHARED.glob("ViZDoom*"):
        if str(path) in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace"):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def program(script: str) -> Iterator[Path]:
    """Write a script as a temporary executable, in its own folder on a disk that allows execution.

    Raises:
        WorldModelsError: there is no such disk.
    """
    places = (Path(tempfile.gettempdir()), Path("/var/tmp"), SHARED, Path.home())
    place = next((each for each in places if runs_programs(each)), None)
    if place is None:
        raise WorldModelsError(
            f"TMPDIR: programs cannot be executed in {places[0]} or any other temporary folder; "
            "set TMPDIR to a folder on a disk mounted without noexec"
        )
    with tempfile.TemporaryDirectory(prefix="vizdoom_", dir=place) as folder:
        path = Path(folder) / "engine"
        path.write_text(script)
        path.chmod(0o700)
        yield path


def runs_programs(place: Path) -> bool:
    """Return whether a file made in a folder can be executed; on a noexec disk it can't."""
    try:
        with tempfile.TemporaryDirectory(dir=place) as folder:
            path = Path(folder) / "program"
            path.touch(mode=0o700)
            return os.access(path, os.X_OK)
    except OSError:
        return False


def check_room(width: int, height: int, engines: int) -> None:
    """Refuse to start engines if /dev/shm has no room: they would die of a bus error.

    Raises:
        WorldModelsError: there isn't enough room.
    """
    need = engines * (PICTURE * width * height + BESIDE)
    free = shutil.disk_usage(SHARED).free
    if free < need:
        raise WorldModelsError(
            f"{SHARED}: {free / 1e6:.1f} MB free, but {engines} of ViZDoom's engines at "
            f"{width}x{height} need {need / 1e6:.1f} MB there; make it larger (in a container: "
            "--shm-size=1g), or choose a lower environment.resolution"
        )


def sweep() -> None:
    """Unlink old, unused files of engines that were started by other means."""
    for path in SHARED.glob("ViZDoom*"):
        with contextlib.suppress(OSError):  # already gone, or another user's
            about = path.stat()
            old = time.time() - about.st_mtime > STARTING
            if about.st_uid == os.getuid() and old and not is_mapped(str(path)):
                path.unlink()
