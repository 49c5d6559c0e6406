"""How the tasks of one job find and trust one another: a file on a disk that all of them see.

The first task writes it once its scheduler listens; the others wait for it. It holds the address
and the job's own certificate and key, and only its owner can read it: what Dask carries is
unpickled at the other end, so nobody else may connect.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from distributed import Security

from world_models.errors import WorldModelsError
from world_models.storage.files import atomic

LATE = 300.0  # seconds for the tasks of a job to start
LOOK_EVERY = 0.5  # seconds
KEYS = {"address", "certificate", "key"}


@dataclass(frozen=True)
class Rendezvous:
    """What the file says: the scheduler's address, and the job's certificate and key (PEM)."""

    address: str
    certificate: str
    key: str

    def security(self) -> Security:
        """Return what Dask needs: both ends of each connection show the job's certificate."""
        roles = ("scheduler", "worker", "client")
        pems: dict[str, str] = {}
        for role in roles:
            pems |= {f"tls_{role}_cert": self.certificate, f"tls_{role}_key": self.key}
        return Security(require_encryption=True, tls_ca_file=self.certificate, **pems)


def credentials() -> tuple[str, str]:
    """Return a new certificate and its key, for one job."""
    made = Security.temporary()
    return str(made.tls_ca_file), str(made.tls_scheduler_key)


def announce(path: Path, meeting: Rendezvous) -> None:
    """Write the file, whole or not at all, for its owner alone."""
    with (
        atomic(path) as temporary,
        os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file,
    ):
        json.dump(vars(meeting), file)


def find(path: Path, patience: float = LATE) -> Rendezvous:
    """Wait for the file, and read it.

    Raises:
        WorldModelsError: it did not come in time, or is another user's or no such file.
    """
    last = time.monotonic() + patience
    while not path.exists():
        if time.monotonic() > last:
            raise WorldModelsError(
                f"{path}: the job's first task wrote no such file within {patience:g} s; see its "
                "log, and that all nodes share this folder"
            )
        time.sleep(LOOK_EVERY)
        os.listdir(path.parent)  # has a network file system look anew
    if path.stat().st_uid != os.getuid():
        raise WorldModelsError(f"{path}: is another user's; remove it, then start the job again")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.keys() != KEYS:
            raise ValueError(f"found {sorted(content)}")
    except (ValueError, AttributeError) as error:
        raise WorldModelsError(f"{path}: not a meeting's file ({error}); remove it") from error
    return Rendezvous(**content)
