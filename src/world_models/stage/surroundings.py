"""Makes stages and tools work wherever they are started: any terminal, any user.

Containers and clusters may run a command with an ASCII terminal, as a user id without a name, or
without a home folder. Libraries fail or warn there because an environment variable is missing.
"""

import atexit
import io
import os
import pwd
import shutil
import sys
import tempfile

# Where `getpass.getuser` looks before it asks the system's list of users.
USER_NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")
# Caches that libraries keep in the home folder, and the variables that put them elsewhere.
CACHES = {
    "XDG_CACHE_HOME": "cache",
    "MPLCONFIGDIR": "matplotlib",
    "TORCHINDUCTOR_CACHE_DIR": "inductor",
    "TRITON_CACHE_DIR": "triton",
    "NUMBA_CACHE_DIR": "numba",
}


def prepare() -> None:
    """Prepare this process; processes that it starts inherit the environment."""
    escape_unprintable()
    name_user()
    replace_home()


def escape_unprintable() -> None:
    """Have stdout and stderr print characters that they can't encode as escapes, e.g. \\xb1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def name_user() -> None:
    """Name a user without an entry in the system's list, for whom `getpass.getuser` raises."""
    if any(os.environ.get(name) for name in USER_NAMES):
        return
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        os.environ["USER"] = str(os.getuid())


def replace_home() -> None:
    """Replace a missing home folder by a temporary one; for a read-only one, move only caches.

    The temporary folder is removed when this process ends.
    """
    home = os.environ.get("HOME", "")
    if not os.path.isdir(home):
        os.environ["HOME"] = _temporary_folder()
    elif not os.access(home, os.W_OK | os.X_OK):
        missing = [name for name in CACHES if name not in os.environ]
        folder = _temporary_folder() if missing else ""
        for name in missing:
            os.environ[name] = os.path.join(folder, CACHES[name])


def _temporary_folder() -> str:
    folder = tempfile.mkdtemp(prefix="world-models-")
    atexit.register(_remove, folder, os.getpid())
    return folder


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked child must not remove it
        shutil.rmtree(folder, ignore_errors=True)
