"""Starts Python programs quickly, by forking a process that has already imported their libraries.

The tests start some five hundred programs. Half of their time would go into importing PyTorch,
Snakemake and DVC. Programs run unchanged, in the caller's folder, with its arguments, environment
and files; only the start is shared. The project's code is never imported before the fork, because
each tree has its own.

The caller is `client.py`, the stand-in for `python` and its scripts first in PATH. Tests that kill
processes, or read their environment, start Python directly.
"""

import ast
import atexit
import gc
import importlib
import multiprocessing.process
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
SCRIPTS = ("python", "snakemake", "dvc")
# No library that reads the caller's settings, as matplotlib, pygit2 and sshfs do. Optimizers need
# torch._dynamo. DVC's commands import their parts, and the libraries of these, when they need them.
LIBRARIES = (
    "asyncssh", "av", "Box2D", "configobj", "dulwich.porcelain", "dvc.cachemgr", "dvc.cli",
    "dvc.data_cloud", "dvc.lock", "dvc.render.match", "dvc.repo.experiments.brancher",
    "dvc.repo.metrics.diff", "dvc.repo.plots.diff", "dvc.utils.strictyaml", "dvc_data.index.push",
    "gymnasium", "networkx", "numba", "pandas", "pydantic", "pyparsing", "rich.console",
    "ruamel.yaml", "safetensors.torch", "scipy.stats", "smart_open", "snakemake.cli",
    "torch._dynamo", "torch.utils.data", "tqdm.contrib.logging", "zarr",
)  # fmt: skip
# What Snakemake sets for a job with one thread.
ONE_THREAD = dict.fromkeys(("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
# Libraries read these on import. If a caller's differ from the server's, Python starts anew.
READ_EARLY = (*ONE_THREAD, "PYTHON", "LC_", "LANG", "NUMBA_", "TZ")
ENDED: list[int] = []  # the exit status of a program that has run to its end, unless it failed
STREAMS = [sys.stdout, sys.stderr]  # also kept by libraries; a program's own are added


def early(environment: dict[str, str]) -> dict[str, str]:
    """Return the variables that libraries read on import.

    Snakemake sets the numbers of threads for its jobs; elsewhere they default to one.
    """
    return {
        name: value
        for name, value in {**ONE_THREAD, **environment}.items()
        if name.startswith(READ_EARLY) and name != "PYTHONPATH"
    }


def start() -> Path:
    """Start this session's server; return the folder to put first in PATH."""
    folder = Path(tempfile.mkdtemp(prefix="forkserver"))
    client = (HERE / "client.py").read_text(encoding="utf-8")
    places = {"REAL": Path(sys.executable).parent, "SOCKET": folder / "socket"}
    for name, path in places.items():
        client = client.replace(f'{name} = ""', f"{name} = {str(path)!r}")
    for name in SCRIPTS:
        script = folder / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"#!{sys.executable} -IS\n{client}", encoding="utf-8")
        script.chmod(0o755)
    environment = {**os.environ, **ONE_THREAD}
    environment.pop("PYTHONPATH", None)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen(64)
        process = subprocess.Popen(
            [sys.executable, __file__, str(listener.fileno())],
            env=environment, cwd=folder, stdin=subprocess.PIPE, pass_fds=[listener.fileno()],
        )  # fmt: skip

    def stop() -> None:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return folder / "bin"


def import_libraries() -> None:
    """Import the libraries that stages and tools need."""
    for name in LIBRARIES:
        importlib.import_module(name)
    sys.modules["snakemake.cli"].parse_args(["-n"])  # imports its plugins
    sys.modules["dvc.cli"].parse_args(["version"])  # imports its commands
    gc.freeze()


def leave() -> None:
    """End a program at once, when all that it does on exit is done.

    Python would go on and free every object, also those of the server's libraries: half a second.
    """
    if ENDED:
        for each in (*STREAMS, sys.stdout, sys.stderr):
            each.flush()
        os._exit(ENDED[0])


def serve(number: int) -> tuple[dict[str, Any], list[int]]:
    """Answer requests for ever; in each forked program's process, return its request and files."""
    ours = early(dict(os.environ))
    with socket.socket(fileno=number) as listener:
        import_libraries()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while select.select([listener, sys.stdin], [], [])[0] == [listener]:
            connection, _ = listener.accept()
            if os.fork():
                connection.close()
                continue
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with connection:
                _, files, *_ = socket.recv_fds(connection, 1, 3)
                request = ast.literal_eval(connection.makefile(encoding="utf-8").readline())
                if early(request["environment"]) != ours:
                    connection.sendall(b"anew\n")
                    os._exit(0)
                child = os.fork()
                if child == 0:
                    return request, files
                for each in files:
                    os.close(each)
                watch(child, connection)
    sys.exit(0)  # the process that started it is gone


def watch(child: int, connection: socket.socket) -> NoReturn:
    """Tell the client how the program ended; kill the program if the client is killed."""
    connection.sendall(b"%d\n" % child)
    ended = os.pidfd_open(child)
    if connection in select.select([ended, connection], [], [])[0]:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    try:
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def become(request: dict[str, Any], files: list[int]) -> None:
    """Run the requested program in this process."""
    sys.executable = str(Path.cwd() / "bin" / "python")  # programs it starts are forked too
    for number, each in enumerate(files):
        os.dup2(each, number)
        os.close(each)
    sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1)  # noqa: SIM115
    STREAMS.extend((sys.stdout, sys.stderr))  # Colorama's deinit forgets them, which closes 1 and 2
    os.chdir(request["folder"])
    os.umask(request["umask"])
    os.environ.clear()
    os.environ.update(request["environment"])
    multiprocessing.process.ORIGINAL_DIR = os.getcwd()  # type: ignore[attr-defined]
    sys.modules["numpy"].random.seed()
    first, *others = request["arguments"]
    added = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    sys.path[1:1] = added
    if first == "-m":
        sys.path[0], sys.argv = os.getcwd(), others
        runpy.run_module(others[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0], sys.argv = str(Path(first).resolve().parent), [first, *others]
        runpy.run_path(first, run_name="__main__")


def main(number: int) -> None:
    """Serve; in each forked program's process, run it and note its exit status for `leave`."""
    atexit.register(leave)  # the first to be registered is the last to be called
    try:
        become(*serve(number))
        ENDED.append(0)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            ENDED.append(end.code or 0)
        else:
            ENDED.append(1)  # Python prints the message
        raise


if __name__ == "__main__":
    main(int(sys.argv[1]))
