"""Real remotes for the tests: a folder, and our own sshd on the loopback interface."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.finished import git, run


class Sshd:
    """An SSH server with its own host key and user key, on a free port.

    Attributes:
        folder: holds the remote's contents. key: the user's private key.
    """

    def __init__(self, home: Path) -> None:
        self.folder, self.home, self.key = home / "contents", home, home / "user_key"
        self.folder.mkdir(parents=True)
        for name in ("host_key", "user_key"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / name)]
            subprocess.run(command, check=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (home / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {home}/host_key\n"
            f"AuthorizedKeysFile {home}/user_key.pub\nPidFile none\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nSubsystem sftp internal-sftp\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd's privilege separation needs it
        self.process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def program() -> str | None:
        """Return the path of sshd, which must be started by its full path; None without it."""
        return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")

    def start(self) -> None:
        """Start the server; wait until it accepts connections."""
        command = [str(self.program()), "-D", "-e", "-f", str(self.home / "sshd_config")]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log)
        for _ in range(100):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError((self.home / "log").read_text())

    def stop(self) -> None:
        """Stop the server."""
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    @property
    def url(self) -> str:
        """The URL for `dvc remote add`."""
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{self.folder}"


def name_remote(tree: Path, place: "Path | Sshd") -> None:
    """Make a place the tree's default remote, in git's config; the key stays in the local one."""
    url = place.url if isinstance(place, Sshd) else str(place)
    run("python", "tools/share.py", "remote", url, cwd=tree)
    if isinstance(place, Sshd):
        run("dvc", "remote", "modify", "--local", "storage", "keyfile", str(place.key), cwd=tree)


def publish(tree: Path, place: "Path | Sshd") -> None:
    """Publish the finished scale and commit the files that identify its contents."""
    name_remote(tree, place)
    run("python", "tools/share.py", "publish", "smoke", cwd=tree)
    git(tree, "add", "dvc.lock", "published.yaml", ".dvc/config")
    git(tree, "commit", "--quiet", "--message", "Results")


def clone(tree: Path, to: Path, place: "Path | Sshd") -> Path:
    """Clone a tree with git alone, as another user would."""
    run("git", "clone", "--quiet", str(tree), str(to), cwd=tree)
    if isinstance(place, Sshd):
        run("dvc", "remote", "modify", "--local", "storage", "keyfile", str(place.key), cwd=to)
    return to


def objects(folder: Path) -> list[Path]:
    """Return the objects that a remote or cache holds under their final names."""
    found = (folder / "files" / "md5").glob("??/*")
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))
