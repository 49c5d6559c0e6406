"""How the tasks of one job find and trust one another: through a file on a shared disk.

The first task writes it once its scheduler listens; the others wait for it. It holds the address
and the job's own certificate and key, and only its owner can read it: Dask unpickles what arrives,
so nobody else may connect.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from distributed import Security

from world_models.errors import WorldModelsError
from world_models.execution.running_time import RunningTime
from world_models.storage.files import atomic

START_TIMEOUT = 300.0  # seconds for all tasks of a job to start
POLL_INTERVAL = 0.5  # seconds
KEYS = {"address", "certificate", "key"}


@dataclass(frozen=True)
class Rendezvous:
    """What the file says: the scheduler's address, and the job's certificate and key (PEM)."""

    address: str
    certificate: str
    key: str

    def security(self) -> Security:
        """Return Dask's settings: both ends of each connection present the job's certificate."""
        roles = ("scheduler", "worker", "client")
        pems: dict[str, str] = {}
        for role in roles:
            pems |= {f"tls_{role}_cert": self.certificate, f"tls_{role}_key": self.key}
        return Security(require_encryption=True, tls_ca_file=self.certificate, **pems)


def make_credentials() -> tuple[str, str]:
    """Return a new certificate and its key (PEM), for one job."""
    security = Security.temporary()
    return str(security.tls_ca_file), str(security.tls_scheduler_key)


def write_rendezvous(path: Path, rendezvous: Rendezvous) -> None:
    """Write the file atomically, readable by its owner alone."""
    with (
        atomic(path) as temporary,
        os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file,
    ):
        json.dump(vars(rendezvous), file)


def wait_for_rendezvous(path: Path, timeout: float = START_TIMEOUT) -> Rendezvous:
    """Wait until the file exists, then read it. Time while this process is stopped is not counted.

    Raises:
        WorldModelsError: the file did not appear in time, is another user's, or has other content.
    """
    running, waited = RunningTime(2 * POLL_INTERVAL), 0.0
    while not path.exists():
        waited += running.tick()
        if waited > timeout:
            raise WorldModelsError(
                f"{path}: the job's first task did not write this file within {timeout:g} s; see "
                "its log, and check that all nodes share this folder"
            )
        time.sleep(POLL_INTERVAL)
        os.listdir(path.parent)  # makes a network file system refresh its view
    if path.stat().st_uid != os.getuid():
        raise WorldModelsError(
            f"{path}: belongs to another user; remove it, then start the job again"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.keys() != KEYS:
            raise ValueError(f"found {sorted(content)}")
    except (ValueError, AttributeError) as error:
        raise WorldModelsError(f"{path}: not a rendezvous file ({error}); remove it") from error
    return Rendezvous(**content)
