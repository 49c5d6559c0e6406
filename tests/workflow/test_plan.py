"""Snakemake's plans, without running them: scales and wrong settings."""

import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.finished import ROOT, run


def snakemake(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in the repository."""
    return run("snakemake", *arguments, cwd=ROOT, check=False)


@cache  # the paper's plan takes seconds
def planned(*arguments: str) -> dict[str, int]:
    """Return how many jobs of each rule Snakemake would run if all outputs were missing."""
    done = snakemake("-n", "--forceall", "--cores", "16", *arguments)
    assert done.returncode == 0, done.stderr
    lines = done.stdout[done.stdout.index("Job stats:") :].splitlines()[3:]
    table = {}
    for line in lines:
        name, _, count = line.partition(" ")
        if name == "total":
            break
        table[name] = int(count)
    return table


@pytest.mark.parametrize(
    ("target", "shards"),
    [
        ("results/paper_tables", 2 * (100 + 1)),
        ("results/lab/paper_tables", 10 + 1 + 40 + 1),
        ("results/smoke/paper_tables", 2 * (2 + 1)),
    ],
)
def test_scales(target: str, shards: int) -> None:
    """Each scale runs every stage: all shards, variants and temperatures, both tasks."""
    assert planned(target) == {
        "collect_rollouts": shards,
        "train_vision": 2,
        "encode_rollouts": shards,
        "train_memory": 2,
        "evolve_controller": 8,
        "evaluate_controller": 8,
        "evaluate_in_dream": 5,
        "measure_transfer": 8,
        "measure_death_prediction": 5,
        "play_open_loop": 1,
        "evaluate_random_policy": 2,
        "pick_examples": 2,
        "draw_tables": 1,
        "keep_tables": 1,
    }


def test_default_target_is_the_paper() -> None:
    """The default target is the paper's tables."""
    assert planned() == {**planned("results/paper_tables"), "all": 1}


def test_variants_of_z_need_no_memory() -> None:
    """A controller of z alone does not need M."""
    assert "train_memory" not in planned("results/smoke/car_racing/evaluation/z.csv")
    assert "train_memory" in planned("results/smoke/car_racing/evaluation/z_h.csv")


def test_an_added_temperature(tmp_path: Path) -> None:
    """An added τ in the configuration makes one more controller, with both its scores."""
    temperatures = [0.1, 0.5, 1.0, 1.15, 1.3, 1.45]
    extra = {"take_cover": {"controllers": {"temperatures": temperatures}}}
    (tmp_path / "extra.yaml").write_text(yaml.safe_dump(extra))
    found = planned("results/smoke/paper_tables", "--configfile", str(tmp_path / "extra.yaml"))
    assert (found["evolve_controller"], found["evaluate_in_dream"]) == (9, 6)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"car_racing": {"vision": {"latents": 3}}}, "car_racing.vision.latents: unknown setting"),
        ({"take_cover": {"controllers": {"temperatures": [0.0]}}}, "temperatures.0"),
        ({"scales": {"lab": {"seeds": 3}}}, "config.yaml: scales.lab: seeds: unknown setting"),
    ],
)
def test_wrong_settings_stop_before_anything_runs(
    tmp_path: Path, wrong: dict[str, object], named: str
) -> None:
    """The error names the key, in any scale and for any target."""
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(wrong))
    done = snakemake(
        "--cores", "1", "results/smoke/paper_tables", "--configfile", str(tmp_path / "wrong.yaml")
    )
    assert done.returncode != 0
    assert named in done.stderr
    assert "Traceback" not in done.stderr
