"""Makes stages and tools work wherever they are started: any terminal, any user.

Containers and clusters may run a command with an ASCII terminal, as a user id without a name, or
without a home folder. Libraries fail or warn there, for want of an environment variable.
"""

import atexit
import io
import os
import pwd
import shutil
import sys
import tempfile
from pathlib import Path

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
    place_caches()


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


def place_caches() -> None:
    """Without a home folder to write to, put the libraries' caches into a temporary folder.

    It ends with this process.
    """
    home = Path(os.path.expanduser("~"))
    missing = [name for name in CACHES if name not in os.environ]
    if not missing or (home.is_absolute() and os.access(home, os.W_OK)):
        return
    folder = tempfile.mkdtemp(prefix="world-models-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in missing:
        os.environ[name] = os.path.join(folder, CACHES[name])
