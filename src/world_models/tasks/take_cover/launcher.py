"""Run in the engine's place: becomes the engine, and sees that nothing of it outlives its parent.

`python launch.py PARENT ENGINE ARGUMENTS…` runs by itself, without the package (tasks/engine.py).
"""

import contextlib
import ctypes
import glob
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
SHARED = "/dev/shm/ViZDoom"
STARTING = 60.0  # seconds after which an engine is no longer starting
SETTLED = 0.5  # seconds that a killed engine may take to be gone


def tidy(parent: int, instance: str) -> None:
    """Wait till the parent has unlinked the engine's shared memory; if it dies before, do it."""
    try:
        watched = [os.pidfd_open(parent)]
    except ProcessLookupError:
        watched = []  # it was killed while this program started
    end = time.monotonic() + STARTING
    while glob.glob(f"{SHARED}*{instance}") and time.monotonic() < end:
        if not watched or select.select(watched, [], [], 0.1)[0]:
            time.sleep(SETTLED)
            for path in glob.glob(f"{SHARED}*{instance}"):
                with contextlib.suppress(OSError):
                    os.unlink(path)


def apart(parent: int, instance: str) -> None:
    """Tidy in a process that is nobody's child and that no terminal reaches."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 256)  # whoever reads the stage's output must not wait for this
        tidy(parent, instance)
    os._exit(0)


def main(parent: int, command: list[str]) -> None:
    """Become the engine."""
    flag = "+viz_instance_id"
    if flag in command:
        with contextlib.suppress(OSError):  # tidying is not worth an engine
            apart(parent, command[command.index(flag) + 1])
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # survives exec
    if os.getppid() == parent:  # else it went before we could ask
        os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
