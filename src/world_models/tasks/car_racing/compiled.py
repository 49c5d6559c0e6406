"""Compile functions with Numba, and cache the result for later processes."""

import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numba

config: Any = numba.config  # mypy does not see its attributes
HERE = Path(__file__).parent
make: Any = numba.njit
Function = TypeVar("Function", bound=Callable[..., Any])


def sources() -> str:
    """Return a digest of this package's sources.

    Numba itself checks only a function's own file. It would keep using compiled code that calls a
    function which has changed in another file.
    """
    digest = hashlib.sha256()
    for path in sorted(HERE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def places() -> Iterator[Path]:
    """Yield the folders where compiled code may be kept, best first.

    These are NUMBA_CACHE_DIR, if set; a folder beside the sources; the user's cache; and a folder
    in the temporary directory. The last is the user's own, since the code kept there is executed.
    """
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR)
    yield HERE / "__pycache__"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if os.path.isabs(home):
        yield Path(home) / "world-models"
    yield Path(tempfile.gettempdir()) / f"world-models-{os.getuid()}"


def usable(folder: Path) -> bool:
    """Return whether `folder`, made if missing, is ours, writable, and not writable by everyone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.getuid() or found.st_mode & 0o002:
            return False
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def cache_folder() -> Path | None:
    """Return the folder in which compiled code is kept, or None if no folder is usable."""
    name = f"numba-{sources()}"
    return next((p / name for p in places() if usable(p) and usable(p / name)), None)


FOLDER = cache_folder()


class OneFolder:
    """Tells Numba to keep compiled code in FOLDER, wherever the sources are.

    Numba's own locators depend on the sources' paths and times, so a copy of the project would be
    compiled again. FOLDER's name contains the digest of the sources, which is enough. The methods
    are those of `numba.core.caching._CacheLocator`.
    """

    def __init__(self, file: str) -> None:
        self.file = file

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "OneFolder":
        """Return the locator for a function defined in `file`."""
        return cls(file)

    def ensure_cache_path(self) -> None:
        """Do nothing: FOLDER exists and is writable."""

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(FOLDER)

    def get_source_stamp(self) -> str:
        """Return a stamp that changes with the sources."""
        return Path(self.get_cache_path()).name

    def get_disambiguator(self) -> str:
        """Return what distinguishes functions of the same name in different folders."""
        return Path(self.file).parent.name


def compiled(*signatures: Any) -> Callable[[Function], Function]:
    """Compile a function when its module is imported, or load it from `cache_folder`.

    Fast-math is off: sums are computed in the source's order on every machine.

    Args:
        signatures: the function's signatures in Numba's types; none for functions that only
            compiled code calls.
    """

    def decorate(function: Function) -> Function:
        before = config.CACHE_LOCATOR_CLASSES
        if FOLDER is not None and signatures:
            config.CACHE_LOCATOR_CLASSES = f"{__name__}.{OneFolder.__name__}"
            try:
                return make(list(signatures), cache=True)(function)
            except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
                pass  # a full disk, a deleted folder, a damaged file: compile without the cache
            finally:
                config.CACHE_LOCATOR_CLASSES = before
        return make(list(signatures))(function) if signatures else make(function)

    return decorate
