"""Real remotes for the tests: a folder, and an sshd of our own on the loopback."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.finished import git, run


class Sshd:
    """An SSH server with its own key, its own user's key and a free port.

    Attributes:
        folder: what the remote's contents lie in. key: the user's private key.
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
            Path("/run/sshd").mkdir(exist_ok=True)  # its privilege separation needs it
        self.process: subprocess.Popen[bytes] | None = None

    @staticmethod
    def program() -> str | None:
        """Where sshd is; it wants to be called by its whole path."""
        return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")

    def start(self) -> None:
        """Serve, from now on."""
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
        """Serve no more."""
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None

    @property
    def url(self) -> str:
        """As for `dvc remote add`."""
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{self.folder}"


def name_remote(tree: Path, place: "Path | Sshd") -> None:
    """Make a place a tree's default remote, in the committed configuration; the key stays here."""
    url = place.url if isinstance(place, Sshd) else str(place)
    run("python", "tools/share.py", "remote", url, cwd=tree)
    if isinstance(place, Sshd):
        run("dvc", "remote", "modify", "--local", "storage", "keyfile", str(place.key), cwd=tree)


def publish(tree: Path, place: "Path | Sshd") -> None:
    """Publish the finished scale and commit what names its contents."""
    name_remote(tree, place)
    run("python", "tools/share.py", "publish", "smoke", cwd=tree)
    git(tree, "add", "dvc.lock", "published.yaml", ".dvc/config")
    git(tree, "commit", "--quiet", "--message", "Results")


def clone(tree: Path, to: Path, place: "Path | Sshd") -> Path:
    """Clone a tree by git alone, as another person would."""
    run("git", "clone", "--quiet", str(tree), str(to), cwd=tree)
    if isinstance(place, Sshd):
        run("dvc", "remote", "modify", "--local", "storage", "keyfile", str(place.key), cwd=to)
    return to


def objects(folder: Path) -> list[Path]:
    """The contents that a remote or cache holds under their final names."""
    found = (folder / "files" / "md5").glob("??/*")
    return sorted(path for path in found if path.is_file() and not path.name.startswith("."))
