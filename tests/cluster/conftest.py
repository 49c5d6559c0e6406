"""Fixtures: a two-node SLURM cluster, started once for all tests, and a site that uses it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cluster.site import PROFILE, Site
from tests.cluster.slurm import Slurm, lacking
from tests.finished import ROOT, copy, git


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """Start the cluster; stop it after the last test."""
    if os.environ.get("CLUSTER_TESTS") != "required":
        pytest.skip("starts SLURM's daemons: run `make test-cluster`")
    if missing := lacking():
        lacks = f"no {', '.join(missing)}: apt install slurm-wlm munge"
        pytest.fail(lacks)
    cluster = Slurm(tmp_path_factory.mktemp("slurm") / "cluster")
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def site(slurm: Slurm, finished: Path, tmp_path: Path) -> Iterator[Site]:
    """Copy the finished tree and add a site's own settings to the project's SLURM profile."""
    tree = copy(finished, tmp_path / "tree")
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    profile |= yaml.safe_load(PROFILE)
    for resources in profile["set-resources"].values():
        resources |= {"tasks": 4, "mem_mb_per_cpu": 1000}
    profile["set-resources"]["evolve_controller"] |= {"tasks": 5, "nodes": 2}
    (tree / "profiles/slurm/config.yaml").write_text(yaml.safe_dump(profile))
    git(tree, "commit", "--quiet", "--all", "--message", "This site's profile")
    slurm.revive()
    new_site = Site(slurm, tree)
    yield new_site
    new_site.leave()
