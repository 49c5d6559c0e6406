"""Start the engine so that no process or file of it outlives its parent.

`python launcher.py PARENT ENGINE ARGUMENTS…` becomes the engine. It runs without the package; see
`engine`.
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
SETTLED = 0.5  # seconds that a killed engine may take to exit


def tidy(parent: int, instance: str) -> None:
    """Wait until the parent has unlinked the engine's shared memory; if it dies first, do it."""
    try:
        watched = [os.pidfd_open(parent)]
    except ProcessLookupError:
        watched = []  # the parent was killed while this program started
    end = time.monotonic() + STARTING
    while glob.glob(f"{SHARED}*{instance}") and time.monotonic() < end:
        if not watched or select.select(watched, [], [], 0.1)[0]:
            time.sleep(SETTLED)
            for path in glob.glob(f"{SHARED}*{instance}"):
                with contextlib.suppress(OSError):
                    os.unlink(path)


def apart(parent: int, instance: str) -> None:
    """Run `tidy` in a detached process: forked twice, without a terminal."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 256)  # else readers of the stage's output would wait for this process
        tidy(parent, instance)
    os._exit(0)


def main(parent: int, command: list[str]) -> None:
    """Become the engine, with `tidy` running beside it."""
    flag = "+viz_instance_id"
    if flag in command:
        with contextlib.suppress(OSError):  # if tidying fails, start anyway
            apart(parent, command[command.index(flag) + 1])
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # survives exec
    if os.getppid() == parent:  # else the parent died before prctl
        os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
