"""The stand-in for `python` and its scripts, put first in PATH; see `server.py`.

It starts Python with -IS and imports as little as possible, which takes 20 ms.
"""

import json
import os
import signal
import socket
import sys
from typing import NoReturn

REAL = ""  # the folder of the real programs; server.py sets it in a copy of this file
SOCKET = ""  # where the server listens
NAME = os.path.basename(sys.argv[0])


def start_anew() -> NoReturn:
    """Replace this process by the real program."""
    os.execv(f"{REAL}/{NAME}", [f"{REAL}/{NAME}", *sys.argv[1:]])


def arguments() -> list[str] | None:
    """Return Python's arguments for a module or a script; None for anything else."""
    if NAME != "python":
        return [f"{REAL}/{NAME}", *sys.argv[1:]]
    first = sys.argv[1] if len(sys.argv) > 1 else "-"
    return sys.argv[1:] if first == "-m" or first.endswith(".py") else None


def main() -> None:
    """Have the server run the program; exit with its status or signal."""
    request = {
        "arguments": arguments(),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "umask": os.umask(0),
    }
    os.umask(request["umask"])
    if request["arguments"] is None:
        start_anew()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.connect(SOCKET)
        socket.send_fds(server, [b"."], [0, 1, 2])
        server.sendall(json.dumps(request).encode() + b"\n")
        answers = server.makefile("r")
        program = answers.readline().strip()
        if program == "anew":
            start_anew()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: os.kill(int(program), number))
        status = int(answers.readline() or 1)
    if status < 0:
        if -status in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


if __name__ == "__main__":
    main()
