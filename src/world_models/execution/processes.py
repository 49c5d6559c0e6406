"""Ending a process with the process that it belongs to, however that one ends (Linux)."""

import contextlib
import ctypes
import os
import select
import signal
import sys
import threading
from types import FrameType

from world_models.stage.log import LOG

PR_SET_PDEATHSIG = 1
OWNER = "WORLD_MODELS_OWNER"  # process id of the Snakemake that a stage works for
GRACE_PERIOD = 10.0  # seconds for a stage to clean up


def die_with(parent: int) -> None:
    """Have the kernel kill this process as soon as its parent, with the given id, ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent ended before we could ask
        os._exit(1)


def end_on_signals() -> None:
    """Turn SIGTERM into SystemExit, so that a stage cleans up; end when its Snakemake ends.

    A killed Snakemake leaves its jobs running. Started again, it would run the same stage a second
    time beside them. So the rules put its process id into the environment, and a thread watches it.
    """
    signal.signal(signal.SIGTERM, _exit)
    owner = os.environ.get(OWNER, "")
    if owner.isdecimal():
        threading.Thread(target=_end_with, args=(int(owner),), name="owner", daemon=True).start()


def _exit(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the clean-up
    sys.exit(128 + number)


def _end_with(owner: int) -> None:
    try:
        watched = os.pidfd_open(owner)
    except ProcessLookupError:
        pass
    except OSError:  # another user's process, or an old kernel: can't watch it
        return
    else:
        select.select([watched], [], [])
    LOG.warning("Snakemake (process %d) is gone; stopping", owner)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_PERIOD)
    os.kill(os.getpid(), signal.SIGKILL)


def is_mapped(path: str) -> bool:
    """Say whether any process whose maps we may read has the file mapped."""
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/maps", errors="replace") as maps:
            if path in maps.read():
                return True
    return False
