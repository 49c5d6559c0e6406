"""The stand-in for `python` and its scripts, put first in PATH; see `server.py`.

It starts Python with -IS and imports as little as possible, which takes 15 ms: `socket`, `signal`,
`json` and `typing` would take longer than all else.
"""

import _signal
import _socket
import os
import sys

REAL = ""  # the folder of the real programs; server.py sets it in a copy of this file
SOCKET = ""  # where the server listens
NAME = os.path.basename(sys.argv[0])


def start_anew() -> None:
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
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    server.connect(SOCKET)
    files = b"".join(each.to_bytes(4, sys.byteorder) for each in (0, 1, 2))
    server.sendmsg([b"."], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
    server.sendall(f"{request!r}\n".encode())
    program = line(server)
    if program == "anew":
        start_anew()
    ends = (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP)
    for number in ends:
        _signal.signal(number, lambda number, _: os.kill(int(program), number))
    status = int(line(server) or 1)
    if status < 0:
        if -status in ends:
            _signal.signal(-status, _signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


def line(server: _socket.socket) -> str:
    """Return the server's next line, or "" if it is gone."""
    read = b""
    while not read.endswith(b"\n") and (more := server.recv(1)):
        read += more
    return read.decode().strip()


if __name__ == "__main__":
    main()
