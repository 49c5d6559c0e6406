"""Numba's compiler, and where what it compiled is kept for the next process."""

import hashlib
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numba

config: Any = numba.config  # typed without its contents
HERE = Path(__file__).parent
make: Any = numba.njit
Function = TypeVar("Function", bound=Callable[..., Any])


def sources() -> str:
    """Return a digest of this package's sources.

    Numba looks at a function's own file only, and would keep what calls a function that has
    changed in another file.
    """
    digest = hashlib.sha256()
    for path in sorted(HERE.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def places() -> Iterator[Path]:
    """Yield where compiled code may be kept, the best place first.

    NUMBA_CACHE_DIR, where it is set; beside the sources; the user's cache; a folder for temporary
    files that belongs to the user alone, for what is kept there is executed.
    """
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR)
    yield HERE / "__pycache__"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if os.path.isabs(home):
        yield Path(home) / "world-models"
    yield Path(tempfile.gettempdir()) / f"world-models-{os.getuid()}"


def usable(folder: Path) -> bool:
    """Say whether `folder` is ours alone to write to and can be written to."""
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
    """Return the folder in which compiled code is kept, None where none can be written to."""
    name = f"numba-{sources()}"
    return next((p / name for p in places() if usable(p) and usable(p / name)), None)


FOLDER = cache_folder()


class OneFolder:
    """Tells Numba to keep compiled code in FOLDER, wherever the sources lie.

    Its own locators put the sources' path and times into a name, so that a copy of the project
    would be compiled anew. FOLDER's name holds the digest of the sources, which says enough. The
    methods are those of `numba.core.caching._CacheLocator`.
    """

    def __init__(self, file: str) -> None:
        self.file = file

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "OneFolder":
        """Return the locator of a function in a file."""
        return cls(file)

    def ensure_cache_path(self) -> None:
        """FOLDER is there and can be written to."""

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(FOLDER)

    def get_source_stamp(self) -> str:
        """Return what differs when the sources do."""
        return Path(self.get_cache_path()).name

    def get_disambiguator(self) -> str:
        """Return what tells functions of one name in different files apart."""
        return Path(self.file).parent.name


def compiled(*signatures: Any) -> Callable[[Function], Function]:
    """Compile a function when its module is imported, or read it from `cache_folder`.

    No fast mathematics: the order of every sum is the source's, on any machine.

    Args:
        signatures: what the function is called with, in Numba's types; none for functions that
            only compiled ones call.
    """

    def decorate(function: Function) -> Function:
        before = config.CACHE_LOCATOR_CLASSES
        if FOLDER is not None and signatures:
            config.CACHE_LOCATOR_CLASSES = f"{__name__}.{OneFolder.__name__}"
            try:
                return make(list(signatures), cache=True)(function)
            except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
                pass  # a full disk, a folder gone meanwhile, a damaged file: compile once more
            finally:
                config.CACHE_LOCATOR_CLASSES = before
        return make(list(signatures))(function) if signatures else make(function)

    return decorate
