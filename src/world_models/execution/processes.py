"""Processes that end when those they belong to are gone, however these went (Linux)."""

import contextlib
import ctypes
import logging
import os
import select
import signal
import sys
import threading
from types import FrameType

PR_SET_PDEATHSIG = 1
OWNER = "WORLD_MODELS_OWNER"  # process id of the Snakemake that a stage works for
GRACE = 10.0  # seconds for a stage to end by itself


def die_with(parent: int) -> None:
    """Have the system kill this process as soon as its parent, of the given id, is gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before we could ask
        os._exit(1)


def end_on_signals() -> None:
    """Turn SIGTERM into SystemExit, so that a stage cleans up, and follow the owner's end.

    A killed Snakemake leaves its jobs' processes running; started again, it would run the same
    stage beside them. The rules therefore name its process in the environment.
    """
    signal.signal(signal.SIGTERM, _exit)
    owner = os.environ.get(OWNER, "")
    if owner.isdecimal():
        threading.Thread(target=_follow, args=(int(owner),), name="owner", daemon=True).start()


def _exit(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # a second one must not interrupt the cleaning up
    sys.exit(128 + number)


def _follow(owner: int) -> None:
    try:
        watched = os.pidfd_open(owner)
    except ProcessLookupError:
        pass
    except OSError:  # another user's, or an old kernel: nothing to follow
        return
    else:
        select.select([watched], [], [])
    logging.getLogger("world_models").warning("Snakemake (process %d) is gone; stopping", owner)
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)


def is_mapped(path: str) -> bool:
    """Say whether any process that we may look into has the file mapped."""
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            if path in maps.read():
                return True
    return False
