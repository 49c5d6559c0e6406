"""A user's site on the cluster: a tree in which Snakemake runs with the SLURM profile."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from tests.cluster.slurm import Slurm, wait_for

# What docs/cluster.md says a site must fill in, with shorter polling than a real site should use.
PROFILE = """
default-resources: {slurm_partition: test}
slurm-no-account: true
slurm-status-command: squeue
slurm-init-seconds-before-status-checks: 2
seconds-between-status-checks: 2
slurm-keep-successful-logs: true
latency-wait: 10
"""


class Site:
    """Run Snakemake in `tree` with the SLURM profile and inspect what happens there."""

    def __init__(self, slurm: Slurm, tree: Path) -> None:
        self.slurm, self.tree = slurm, tree
        self.running: list[subprocess.Popen[str]] = []

    def start(self, *targets: str) -> "subprocess.Popen[str]":
        """Start Snakemake and return its process; `end` waits for it."""
        first, _, others = self.slurm.environment["PATH"].partition(os.pathsep)
        path = os.pathsep.join([first, str(Path(sys.executable).parent), others])
        settings = {**self.slurm.environment, "PATH": path, "PYTHONPATH": str(self.tree / "src")}
        with (self.tree / "snakemake.log").open("w") as log:
            started = subprocess.Popen(
                ["snakemake", "--profile", "profiles/slurm", *targets],
                cwd=self.tree, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                text=True,
            )  # fmt: skip
        self.running.append(started)
        return started

    def leave(self) -> None:
        """Kill whatever a failed test has left running."""
        for each in self.running:
            each.kill()
            each.wait()
        self.slurm.run("scancel", "--user", str(os.getuid()), check=False)

    def end(self, running: "subprocess.Popen[str]", seconds: float = 600) -> str:
        """Wait for Snakemake to succeed; return its output."""
        code = running.wait(seconds)
        assert code == 0, self.log_tails()
        return (self.tree / "snakemake.log").read_text()

    def log_tails(self) -> str:
        """Return the ends of the logs of Snakemake and its jobs so far."""
        logs = [self.tree / "snakemake.log", *self.tree.glob(".snakemake/slurm_logs/**/*.log")]
        return "\n".join(f"== {each.name}\n{each.read_text()[-5000:]}" for each in logs)

    def job_logs(self) -> str:
        """Return the output of the jobs, as SLURM logged it."""
        return "\n".join(
            each.read_text() for each in self.tree.glob(".snakemake/slurm_logs/**/*.log")
        )

    def generations(self) -> int:
        """Return how many generations the evolutions in the tree have logged so far."""
        logs = self.tree.glob("results/smoke/progress/*/*/fitness-*.jsonl")
        return sum(each.read_bytes().count(b"\n") for each in logs)

    def wait_for_generation(self, number: int) -> None:
        """Wait until `number` generations are logged."""
        wait_for(lambda: self.generations() >= number, 300, self.log_tails)

    def tasks(self) -> dict[int, psutil.Process]:
        """Return the main process of each task of the evolution, by task number."""
        found = {}
        for each in self.slurm.processes(under="world_models.controller.evolve"):
            if each.name().startswith("python") and "spawn_main" not in " ".join(each.cmdline()):
                found[int(each.environ()["SLURM_PROCID"])] = each
        return found

    def node_of(self, process: psutil.Process) -> str:
        """Return the node that a process runs on."""
        return process.environ()["SLURMD_NODENAME"]
