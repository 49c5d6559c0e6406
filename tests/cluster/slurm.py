"""A two-node SLURM cluster on this machine, from Debian's packages, without database or root."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue")
NODES = ("node1", "node2")
CORES = 8  # of each node; `config_overrides` has SLURM accept this without checking

CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=10
OverTimeLimit=0
KillWait=2
MinJobAge=3600
SchedulerParameters=sched_interval=2,sched_min_interval=0
GresTypes=gpu
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs={cores} RealMemory=64000 Gres=gpu:1
NodeName=node2 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs={cores} RealMemory=64000 Gres=gpu:1
PartitionName=test Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
"""  # noqa: E501


def lacking() -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in PROGRAMS if program(name) is None]


def program(name: str) -> str | None:
    """Find a program; daemons are in folders that are not on a normal user's PATH."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def free_ports(count: int) -> list[int]:
    """Return ports that are free at the moment."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in found]


class Slurm:
    """The cluster. SLURM's commands find it through the variables in `environment`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        for name in list(self.environment):
            if name.startswith(("SLURM_", "SBATCH_", "SRUN_")) and name != "SLURM_CONF":
                del self.environment[name]  # in case the tests run inside another cluster's job
        (folder / "state").mkdir(parents=True)
        key = folder / "munge.key"
        key.write_bytes(secrets.token_bytes(1024))
        key.chmod(0o400)
        names = {"host": socket.gethostname().split(".")[0], "user": psutil.Process().username()}
        config = CONFIG.format(folder=folder, ports=free_ports(3), cores=CORES, **names)
        (folder / "slurm.conf").write_text(config)
        (folder / "gres.conf").write_text("NodeName=node[1-2] Name=gpu File=/dev/null\n")
        self._wrap_srun()

    def _wrap_srun(self) -> None:
        """Put a wrapper of `srun` that knows this cluster first on the PATH.

        Snakemake's plugin removes SLURM_CONF from its jobs' environment. On a real cluster `srun`
        finds the configuration without that variable.
        """
        wrapper = self.folder / "bin" / "srun"
        wrapper.parent.mkdir()
        conf = self.environment["SLURM_CONF"]
        wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={conf} exec {program("srun")} "$@"\n')
        wrapper.chmod(0o755)
        self.environment["PATH"] = f"{wrapper.parent}:{self.environment['PATH']}"

    def start(self) -> None:
        """Start the daemons and wait until both nodes are idle."""
        files = {"key-file": "munge.key", "seed-file": "seed", "socket": "munge.socket"}
        files |= {"pid-file": "munged.pid", "log-file": "munged.log"}
        places = [f"--{option}={self.folder / name}" for option, name in files.items()]
        self._daemon("munged", "--force", *places)
        self._daemon("slurmctld", "-c")
        for node in NODES:
            self.start_node(node)
        wait_for(lambda: self.states() == {"idle"}, 60, lambda: f"{self.states()}\n{self.logs()}")

    def start_node(self, node: str) -> None:
        """Start a node's daemon, so that the node (re)joins the cluster."""
        self._daemon("slurmd", "-N", node)

    def revive(self) -> None:
        """Restart the nodes that a test has killed."""
        for node in NODES:
            if not self._alive(node):
                self.start_node(node)
        wait_for(lambda: self.states() == {"idle"}, 60, lambda: f"{self.states()}\n{self.logs()}")

    def _alive(self, node: str) -> bool:
        try:
            daemon = psutil.Process(int((self.folder / f"{node}.pid").read_text()))
            return daemon.status() != psutil.STATUS_ZOMBIE  # in a container it may never be reaped
        except (psutil.Error, OSError, ValueError):
            return False

    def _daemon(self, name: str, *arguments: str) -> None:
        found = program(name)
        assert found is not None
        self.run(found, *arguments)

    def stop(self) -> None:
        """End all jobs and daemons."""
        self.run("scancel", "--user", str(os.getuid()), check=False)
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not self.jobs(), 15, self.logs)
        for name in (*NODES, "slurmctld", "munged"):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int((self.folder / f"{name}.pid").read_text()), signal.SIGTERM)
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def run(self, *command: str, check: bool = True) -> str:
        """Run a SLURM command and return its output."""
        done = subprocess.run(
            command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not check, f"{command}: {done.stderr}\n{self.logs()}"
        return done.stdout

    def states(self) -> set[str]:
        """Return the nodes' states."""
        return set(self.run("sinfo", "--noheader", "--Node", "-o", "%t", check=False).split())

    def jobs(self) -> list[str]:
        """Return the IDs of the pending and running jobs."""
        return self.run("squeue", "--noheader", "-o", "%i", check=False).split()

    def processes(self, node: str | None = None, under: str = "") -> Iterator[psutil.Process]:
        """Yield the jobs' processes, on all nodes or one, that have `under` in their command line.

        SLURM sets the node's name in the environment of every process it starts.
        """
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                environ = process.environ()
                if environ.get("SLURM_CONF") != self.environment["SLURM_CONF"]:
                    continue
                where = environ.get("SLURMD_NODENAME")
                command = " ".join(process.cmdline())
                if where is not None and node in (None, where) and under in command:
                    yield process

    def kill_node(self, node: str) -> None:
        """Kill a node's daemon and everything it started at once, as a power cut would."""
        pid = int((self.folder / f"{node}.pid").read_text())
        steps = [each for each in psutil.process_iter() if self._is_step(each, node)]
        for process in [psutil.Process(pid), *steps, *self.processes(node)]:
            with contextlib.suppress(psutil.Error):
                process.kill()

    def _is_step(self, process: psutil.Process, node: str) -> bool:
        with contextlib.suppress(psutil.Error):
            if process.name().startswith("slurmstepd"):
                spool = str(self.folder / node)
                return any(spool in each.path for each in process.open_files())
        return False

    def logs(self) -> str:
        """Return the ends of the daemons' logs."""
        ends = [f"{each.name}:\n{each.read_text()[-2000:]}" for each in self.folder.glob("*.log")]
        return "\n".join(ends)


def wait_for(met: object, seconds: float, message: object) -> None:
    """Wait until `met()` is true; fail with the text of `message()` after `seconds`."""
    end = time.monotonic() + seconds
    while not met():  # type: ignore[operator]
        assert time.monotonic() < end, message()  # type: ignore[operator]
        time.sleep(0.2)
