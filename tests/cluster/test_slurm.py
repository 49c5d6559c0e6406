"""The pipeline on a real two-node SLURM: same files as on one machine, whatever process dies."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.site import Site
from tests.cluster.slurm import wait_for
from tests.finished import TARGET, edit_config, planned, run
from world_models.storage.files import digest

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster")]

SCALE = "results/smoke"
CONTROLLER = f"{SCALE}/take_cover/controllers/tau_1.15"
LONGER = {"generations": 24, "population": 8, "episodes": 4, "candidates_per_unit": 1, "slots": 4}


def digests(tree: Path, *patterns: str) -> dict[str, str]:
    """Return the digests of the files that match the patterns, by path."""
    files = [each for pattern in patterns for each in sorted(tree.glob(f"{SCALE}/{pattern}"))]
    return {each.relative_to(tree).as_posix(): digest(each) for each in files if each.is_file()}


def test_same_files_as_on_one_machine(site: Site) -> None:
    """A multi-task evolution, evaluations and tables give the same files; nothing is left to do.

    The tests below cover Take Cover's evolution.
    """
    patterns = (
        "car_racing/controllers/z_h/*", "car_racing/evaluation/z_h*.csv",
        "take_cover/evaluation/tau_1.15.dream.csv", "take_cover/evaluation/examples.json",
        "paper_tables/*.csv",
    )  # fmt: skip
    before = digests(site.tree, *patterns)
    assert len(before) > 11
    for name in before:
        (site.tree / name).unlink()
    run("rm", "-r", f"{SCALE}/progress", f"{SCALE}/paper_tables", cwd=site.tree)
    output = site.end(site.start(TARGET))
    assert digests(site.tree, *patterns) == before
    assert planned(site.tree) == {}
    log = (site.tree / f"{SCALE}/logs/car_racing/controllers/z_h.log").read_text()
    assert "playing on 3 tasks with 1 processes each" in log
    # an evolution, 3 evaluations, one job for the examples and the tables
    assert output.count("has been submitted with SLURM jobid") == 1 + 3 + 1, output


@pytest.fixture(scope="module")
def undisturbed(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Run the longer evolution on the local pool, without faults; return its files' digests."""
    tree = tmp_path_factory.mktemp("undisturbed") / "tree"
    run("cp", "--archive", str(finished), str(tree), cwd=finished)
    longer(tree)
    run("snakemake", "--cores", "2", f"{CONTROLLER}/model.safetensors", cwd=tree)
    return digests(tree, "take_cover/controllers/tau_1.15/*")


def longer(tree: Path) -> None:
    """Make the evolution of Take Cover's controllers last about ten seconds."""
    edit_config(tree, {"scales": {"smoke": {"take_cover": {"controller": LONGER}}}})


def interrupted(site: Site, *, tries: int, faults: list[Callable[[], None]]) -> None:
    """Evolve and inject the faults, each at least three generations after the one before."""
    longer(site.tree)
    run("rm", "-r", f"{SCALE}/progress", cwd=site.tree)
    running = site.start(f"{CONTROLLER}/model.safetensors")
    generation = 3
    for fault in faults:
        site.wait_for_generation(generation)
        fault()
        generation = site.generations() + 3
        assert generation < LONGER["generations"], "too late: no fault was injected"
    output = site.end(running)
    assert site.generations() == LONGER["generations"]
    assert output.count("has been submitted with SLURM jobid") == tries, site.log_tails()


def test_lost_workers_and_a_lost_node(site: Site, undisturbed: dict[str, str]) -> None:
    """The other tasks take over; srun reports the loss, but the job succeeds at its first try."""

    def kill_a_worker() -> None:
        site.tasks()[2].kill()

    def kill_a_node() -> None:
        tasks = site.tasks()
        other = site.node_of(tasks[4])
        assert other not in {site.node_of(tasks[number]) for number in (0, 1, 3)}
        site.slurm.kill_node(other)

    interrupted(site, tries=1, faults=[kill_a_worker, kill_a_node])
    assert digests(site.tree, "take_cover/controllers/tau_1.15/*") == undisturbed
    assert "the client exited with status 0, so the job does too" in site.job_logs()


def test_lost_client_and_a_time_limit(site: Site, undisturbed: dict[str, str]) -> None:
    """Snakemake submits the job again, and it continues from its last generation."""
    late: list[str] = []

    def kill_the_client() -> None:
        site.tasks()[1].send_signal(signal.SIGKILL)

    def run_out_of_time() -> None:
        wait_for(lambda: len(site.slurm.jobs()) == 1, 120, site.log_tails)
        late.append(site.slurm.jobs()[0])
        site.slurm.run("scontrol", "update", f"JobId={late[0]}", "EndTime=now")

    interrupted(site, tries=3, faults=[kill_the_client, run_out_of_time])
    assert digests(site.tree, "take_cover/controllers/tau_1.15/*") == undisturbed
    log = (site.tree / f"{SCALE}/logs/take_cover/controllers/tau_1.15.log").read_text()
    assert log.count("continuing after generation") == 1  # each try starts a new log
    # Ask slurmctld: on a busy machine the job's log can lack slurmstepd's line.
    assert "JobState=TIMEOUT" in site.slurm.run("scontrol", "show", "job", late[0])
